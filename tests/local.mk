# SPDX-License-Identifier: ISC

unit_tests = \
	tests/unit/api/shared/test_accounts \
	tests/unit/api/shared/test_directory_look \
	tests/unit/api/shared/test_listing \
	tests/unit/api/shared/test_metrics \
	tests/unit/api/shared/test_outage \
	tests/unit/api/shared/test_page \
	tests/unit/api/shared/test_rate_limits \
	tests/unit/api/shared/test_users \
	tests/unit/api/shared/test_webhook_url \
	tests/unit/api/test_routes \
	tests/unit/auth/test_auth \
	tests/unit/auth/test_bearer \
	tests/unit/auth/test_claims \
	tests/unit/auth/test_hook_signature \
	tests/unit/auth/test_jwt \
	tests/unit/auth/test_jwt_memory \
	tests/unit/auth/test_key \
	tests/unit/auth/test_origin \
	tests/unit/auth/test_token \
	tests/unit/base/test_address \
	tests/unit/base/test_alarms \
	tests/unit/base/test_base64 \
	tests/unit/base/test_base64url \
	tests/unit/base/test_buf \
	tests/unit/base/test_conf \
	tests/unit/base/test_conf_options \
	tests/unit/base/test_conf_redis \
	tests/unit/base/test_hash \
	tests/unit/base/test_histogram \
	tests/unit/base/test_ids \
	tests/unit/base/test_jwt_algorithm \
	tests/unit/base/test_listener \
	tests/unit/base/test_log \
	tests/unit/base/test_mem \
	tests/unit/base/test_message \
	tests/unit/base/test_notify \
	tests/unit/base/test_percent \
	tests/unit/base/test_stamps \
	tests/unit/base/test_table \
	tests/unit/base/test_thread \
	tests/unit/base/test_title \
	tests/unit/base/test_unicode \
	tests/unit/base/test_utf8 \
	tests/unit/directory/test_backup \
	tests/unit/directory/test_claims \
	tests/unit/directory/test_copy \
	tests/unit/directory/test_db_file \
	tests/unit/directory/test_directory \
	tests/unit/directory/test_disk \
	tests/unit/directory/test_dms \
	tests/unit/directory/test_import \
	tests/unit/directory/test_member_memory \
	tests/unit/directory/test_members \
	tests/unit/directory/test_migrate \
	tests/unit/directory/test_orphans \
	tests/unit/directory/test_policies \
	tests/unit/directory/test_record_events \
	tests/unit/directory/test_scopes \
	tests/unit/directory/test_statement \
	tests/unit/directory/test_status_restore \
	tests/unit/directory/test_statuses \
	tests/unit/directory/test_token_memory \
	tests/unit/directory/test_tokens \
	tests/unit/directory/test_webhooks \
	tests/unit/directory/test_workspaces \
	tests/unit/directory/test_writer \
	tests/unit/directory/test_writer_state \
	tests/unit/doctor/test_doctor \
	tests/unit/doctor/test_doctor_answer \
	tests/unit/doctor/test_doctor_apache \
	tests/unit/doctor/test_doctor_site \
	tests/unit/hooks/test_hook_address \
	tests/unit/hooks/test_hook_body \
	tests/unit/hooks/test_hook_retry \
	tests/unit/hooks/test_hook_state \
	tests/unit/http/test_etag \
	tests/unit/http/test_json \
	tests/unit/http/test_json_flat \
	tests/unit/http/test_names \
	tests/unit/http/test_path \
	tests/unit/http/test_problem \
	tests/unit/http/test_query \
	tests/unit/http/test_reply \
	tests/unit/http/test_span \
	tests/unit/presence/test_answers \
	tests/unit/presence/test_calls \
	tests/unit/presence/test_expiry_step \
	tests/unit/presence/test_place_answers \
	tests/unit/presence/test_place_sync \
	tests/unit/presence/test_messages \
	tests/unit/presence/test_place_recent \
	tests/unit/presence/test_recent \
	tests/unit/presence/test_says \
	tests/unit/presence/test_script_call \
	tests/unit/presence/test_scripts \
	tests/unit/presence/test_sync_step \
	tests/unit/presence/test_upkeep \
	tests/unit/presence/test_view_sync \
	tests/unit/presence/test_walk \
	tests/unit/record/test_pg_advice \
	tests/unit/record/test_pg_connect \
	tests/unit/redis/test_redis \
	tests/unit/redis/test_redis_call \
	tests/unit/redis/test_redis_channel \
	tests/unit/redis/test_redis_conn \
	tests/unit/redis/test_redis_dial \
	tests/unit/redis/test_redis_fault \
	tests/unit/redis/test_redis_handshake \
	tests/unit/redis/test_redis_masters \
	tests/unit/redis/test_redis_nodes \
	tests/unit/redis/test_redis_request \
	tests/unit/redis/test_redis_router \
	tests/unit/redis/test_redis_slots \
	tests/unit/redis/test_redis_value \
	tests/unit/setup/test_check \
	tests/unit/test_backoff \
	tests/unit/test_command_line \
	tests/unit/test_master \
	tests/unit/test_pulse \
	tests/unit/transport/test_cgi \
	tests/unit/transport/test_fcgi \
	tests/unit/transport/test_fcgi_answer \
	tests/unit/transport/test_fcgi_control \
	tests/unit/transport/test_fcgi_feed \
	tests/unit/transport/test_fcgi_input \
	tests/unit/transport/test_fcgi_parked \
	tests/unit/transport/test_fcgi_parts \
	tests/unit/transport/test_fcgi_partial \
	tests/unit/transport/test_fcgi_probe \
	tests/unit/transport/test_fcgi_time \
	tests/unit/transport/test_frame \
	tests/unit/transport/test_records \
	tests/unit/transport/test_wait_queue \
	tests/unit/view/test_cursor \
	tests/unit/view/test_note \
	tests/unit/view/test_layers \
	tests/unit/view/test_layers_chance \
	tests/unit/view/test_layers_hidden \
	tests/unit/view/test_layers_schedule \
	tests/unit/view/test_parked \
	tests/unit/view/test_parked_places \
	tests/unit/view/test_place_set \
	tests/unit/view/test_places \
	tests/unit/view/test_reading \
	tests/unit/view/test_told \
	tests/unit/view/test_parked_counts \
	tests/unit/view/test_parked_stream \
	tests/unit/view/test_parked_window \
	tests/unit/view/test_seen \
	tests/unit/view/test_verdict \
	tests/unit/view/test_view \
	tests/unit/view/test_view_page

script_tests = \
	tests/unit/test_docs \
	tests/unit/test_floors \
	tests/unit/test_man \
	tests/unit/test_mutants

AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	CC='$(CC)'; export CC; \
	ROLLCALL_CPPFLAGS='$(AM_CPPFLAGS)'; export ROLLCALL_CPPFLAGS; \
	ROLLCALLD='$(abs_builddir)/rollcalld'; export ROLLCALLD; \
	ROLLCALL_REPLAYS='$(replays)'; export ROLLCALL_REPLAYS;
LOG_COMPILER = $(top_srcdir)/tests/unit/run
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
if HARDENED
hardening_test = tests/unit/test_hardening
endif
TESTS += $(script_tests) $(hardening_test) tests/lua/check

# For ./runtests, which picks from them.
list-tests:
	@echo $(unit_tests) $(script_tests) $(hardening_test) tests/fuzz/check
.PHONY: list-tests

LDADD = librollcall.a $(rollcall_libs) $(CMOCKA_LIBS)

# What drives the daemon from outside, for ./runtests; not of use without a checkout, but a release can be tested too.
EXTRA_DIST += $(script_tests) tests/unit/run tests/unit/test_hardening tests/lua/check \
	$(test_files)

test_files = \
	tests/.npmrc \
	tests/browser/admin.test.mjs \
	tests/browser/admin_change.test.mjs \
	tests/browser/blocked.test.mjs \
	tests/browser/demo.test.mjs \
	tests/browser/dots.test.mjs \
	tests/browser/elements.test.mjs \
	tests/browser/firefox.test.mjs \
	tests/browser/frameworks.test.mjs \
	tests/browser/here.test.mjs \
	tests/browser/lists.test.mjs \
	tests/browser/types.test.mjs \
	tests/browser/typing.test.mjs \
	tests/browser/typists.test.mjs \
	tests/browser/.npmrc \
	tests/browser/faults.test.mjs \
	tests/browser/lib/admin.mjs \
	tests/browser/lib/contrast.mjs \
	tests/browser/lib/middle.mjs \
	tests/browser/lib/site.mjs \
	tests/browser/lib/streams.mjs \
	tests/browser/lib/tree.mjs \
	tests/browser/lib/typing.mjs \
	tests/browser/lib/webkit.mjs \
	tests/browser/lead.test.mjs \
	tests/browser/manual.test.mjs \
	tests/browser/menu.test.mjs \
	tests/browser/morph.test.mjs \
	tests/browser/tokens.test.mjs \
	tests/browser/webkit.test.mjs \
	tests/browser/package-lock.json \
	tests/browser/package.json \
	tests/browser/pages/own.html \
	tests/browser/pages/own.js \
	tests/browser/pages/plain.html \
	tests/browser/origins.test.mjs \
	tests/browser/people.test.mjs \
	tests/browser/stream_sleep.test.mjs \
	tests/browser/stream_ways.test.mjs \
	tests/browser/streams.test.mjs \
	tests/browser/tabs.test.mjs \
	tests/clients/calls.test.mjs \
	tests/clients/clients.mjs \
	tests/clients/drive.mjs \
	tests/clients/drive.php \
	tests/clients/drive.py \
	tests/clients/integrate_doc.test.mjs \
	tests/clients/packages.test.mjs \
	tests/clients/slow.test.mjs \
	tests/clients/verify.test.mjs \
	tests/eslint.config.mjs \
	tests/http/admin.test.mjs \
	tests/http/admin_backup.test.mjs \
	tests/http/admin_doc.test.mjs \
	tests/http/admin_members.test.mjs \
	tests/http/admin_reads.test.mjs \
	tests/http/admin_status.test.mjs \
	tests/http/admin_webhooks.test.mjs \
	tests/http/audit.test.mjs \
	tests/http/clock.test.mjs \
	tests/http/cluster.test.mjs \
	tests/http/cluster_tls.test.mjs \
	tests/http/cluster_places.test.mjs \
	tests/http/connections.test.mjs \
	tests/http/cost.test.mjs \
	tests/http/counts.test.mjs \
	tests/http/crowd.test.mjs \
	tests/http/deletion.test.mjs \
	tests/http/directory.test.mjs \
	tests/http/events.test.mjs \
	tests/http/fastcgi.test.mjs \
	tests/http/flood.test.mjs \
	tests/http/gateways.test.mjs \
	tests/http/hostile_redis.test.mjs \
	tests/http/hostile_web.test.mjs \
	tests/http/identity.test.mjs \
	tests/http/init.test.mjs \
	tests/http/input.test.mjs \
	tests/http/jwt.test.mjs \
	tests/http/last_seen.test.mjs \
	tests/http/lifecycle.test.mjs \
	tests/http/limits.test.mjs \
	tests/http/monitoring.test.mjs \
	tests/http/names.test.mjs \
	tests/http/notify.test.mjs \
	tests/http/odd_answers.test.mjs \
	tests/http/origins.test.mjs \
	tests/http/outage.test.mjs \
	tests/http/own_claims.test.mjs \
	tests/http/own_news.test.mjs \
	tests/http/own_status.test.mjs \
	tests/http/people.test.mjs \
	tests/http/place_streams.test.mjs \
	tests/http/places.test.mjs \
	tests/http/places_end.test.mjs \
	tests/http/places_told.test.mjs \
	tests/http/policy.test.mjs \
	tests/http/presence.test.mjs \
	tests/http/privacy.test.mjs \
	tests/http/problems.test.mjs \
	tests/http/record.test.mjs \
	tests/http/record_limits.test.mjs \
	tests/http/record_writes.test.mjs \
	tests/http/redis_faults.test.mjs \
	tests/http/redis_sentinel.test.mjs \
	tests/http/redis_tls.test.mjs \
	tests/http/redis_links.test.mjs \
	tests/http/redis_refusals.test.mjs \
	tests/http/refusals.test.mjs \
	tests/http/repoll.test.mjs \
	tests/http/revocation.test.mjs \
	tests/http/scopes.test.mjs \
	tests/http/sessions.test.mjs \
	tests/http/shell.test.mjs \
	tests/http/status.test.mjs \
	tests/http/status_alike.test.mjs \
	tests/http/status_claims.test.mjs \
	tests/http/status_ends.test.mjs \
	tests/http/status_invisible.test.mjs \
	tests/http/status_last_seen.test.mjs \
	tests/http/status_layers.test.mjs \
	tests/http/stream.test.mjs \
	tests/http/told.test.mjs \
	tests/http/webhooks.test.mjs \
	tests/http/webhooks_doubt.test.mjs \
	tests/http/webhooks_lag.test.mjs \
	tests/http/webhooks_late.test.mjs \
	tests/http/webhooks_many.test.mjs \
	tests/http/webhooks_record.test.mjs \
	tests/http/webhooks_reveal.test.mjs \
	tests/http/webhooks_tls.test.mjs \
	tests/http/webhooks_turn.test.mjs \
	tests/http/webservers.test.mjs \
	tests/lib/abuse.mjs \
	tests/lib/apart.mjs \
	tests/lib/certificates.mjs \
	tests/lib/child.mjs \
	tests/lib/clock.c \
	tests/lib/clock.mjs \
	tests/lib/cluster.mjs \
	tests/lib/crowd.mjs \
	tests/lib/dice.mjs \
	tests/lib/events.mjs \
	tests/lib/fcgi.mjs \
	tests/lib/flood.mjs \
	tests/lib/guide.mjs \
	tests/lib/http.mjs \
	tests/lib/jwt.mjs \
	tests/lib/names.mjs \
	tests/lib/nuisance.mjs \
	tests/lib/openapi.mjs \
	tests/lib/peer.mjs \
	tests/lib/person.mjs \
	tests/lib/places.mjs \
	tests/lib/postgres.mjs \
	tests/lib/program.mjs \
	tests/lib/receiver.mjs \
	tests/lib/record.mjs \
	tests/lib/redis.mjs \
	tests/lib/resp.mjs \
	tests/lib/sentinels.mjs \
	tests/lib/servers.mjs \
	tests/lib/stack.mjs \
	tests/lib/until.mjs \
	tests/lib/vitals.mjs \
	tests/lib/web.mjs \
	tests/lib/witness.mjs \
	tests/lua/away.test.mjs \
	tests/lua/beat.test.mjs \
	tests/lua/changes.test.mjs \
	tests/lua/expire.test.mjs \
	tests/lua/hooks.test.mjs \
	tests/lua/ids.test.mjs \
	tests/lua/leave.test.mjs \
	tests/lua/loss.test.mjs \
	tests/lua/parts.test.mjs \
	tests/lua/places.test.mjs \
	tests/lua/room.mjs \
	tests/lua/says.test.mjs \
	tests/lua/truths.test.mjs \
	tests/package-lock.json \
	tests/package.json \
	tests/roots/page.awk \
	tests/roots/run \
	tests/roots/try-package \
	tests/roots/try-quickstart \
	tests/roots/try-redis \
	tests/roots/try-site \
	tests/roots/try-source \
	tests/servers/cgi.test.mjs \
	tests/servers/conformance.test.mjs \
	tests/servers/containers.test.mjs \
	tests/servers/doctor.test.mjs \
	tests/servers/doctor_record.test.mjs \
	tests/servers/streams.test.mjs \
	tests/servers/install.test.mjs \
	tests/servers/module.test.mjs \
	tests/servers/paths.test.mjs \
	tests/servers/killed.test.mjs \
	tests/servers/probe.test.mjs \
	tests/servers/spread.test.mjs \
	tests/servers/started.test.mjs \
	tests/servers/suite.mjs \
	tests/servers/table.mjs \
	tests/spread/faults.mjs \
	tests/spread/network.mjs \
	tests/spread/nginx.mjs \
	tests/spread/spread.test.mjs \
	tests/spread/stack.mjs \
	tests/spread/topologies.mjs \
	tests/truth/chance.mjs \
	tests/truth/check.mjs \
	tests/truth/cursor.mjs \
	tests/truth/effect.mjs \
	tests/truth/faults.mjs \
	tests/truth/feed.mjs \
	tests/truth/follower.mjs \
	tests/truth/group.mjs \
	tests/truth/hand.mjs \
	tests/truth/hand.test.mjs \
	tests/truth/judge.mjs \
	tests/truth/lateness.mjs \
	tests/truth/life.mjs \
	tests/truth/lists.mjs \
	tests/truth/marks.mjs \
	tests/truth/model.mjs \
	tests/truth/model.test.mjs \
	tests/truth/mutants \
	tests/truth/mutants.mjs \
	tests/truth/notes.mjs \
	tests/truth/observer.mjs \
	tests/truth/patience.mjs \
	tests/truth/people.mjs \
	tests/truth/place_judge.mjs \
	tests/truth/place_story.mjs \
	tests/truth/places.mjs \
	tests/truth/places.test.mjs \
	tests/truth/polls.mjs \
	tests/truth/presence.mjs \
	tests/truth/replies.mjs \
	tests/truth/report.mjs \
	tests/truth/roster.mjs \
	tests/truth/run \
	tests/truth/sameness.mjs \
	tests/truth/sessions.mjs \
	tests/truth/spans.mjs \
	tests/truth/stalls.mjs \
	tests/truth/story.mjs \
	tests/truth/tab.mjs \
	tests/truth/told.mjs \
	tests/truth/trace.mjs \
	tests/truth/truth.test.mjs \
	tests/truth/visitor.mjs \
	tests/truth/world.mjs \
	tests/unit/auth/fixture.h \
	tests/unit/base/repeat.h \
	tests/unit/directory/fixture.h \
	tests/unit/directory/status_fixture.h \
	tests/unit/view/chance.h \
	tests/unit/view/layers_fixture.h \
	tests/unit/view/places_fixture.h \
	tests/unit/view/parked_fixture.h \
	tests/unit/view/view_fixture.h \
	tests/unit/scratch.h \
	tests/unit/presence/played.h \
	tests/unit/redis/fixture.h \
	tests/unit/redis/peer.h \
	tests/unit/redis/server.h \
	tests/unit/transport/fixture.h \
	tests/unit/transport/records.h

# Each fuzz target with its corpus: replayed by every `make check`, and with --enable-fuzzers a fuzzer of its own, which
# tests/fuzz/run runs. Inputs are many and come and go, so the corpora are distributed as directories.
replays = \
	tests/fuzz/replay_answers \
	tests/fuzz/replay_auth \
	tests/fuzz/replay_body \
	tests/fuzz/replay_cgi \
	tests/fuzz/replay_conf \
	tests/fuzz/replay_conf_redis \
	tests/fuzz/replay_cursor \
	tests/fuzz/replay_doctor \
	tests/fuzz/replay_fcgi \
	tests/fuzz/replay_frame \
	tests/fuzz/replay_import \
	tests/fuzz/replay_json \
	tests/fuzz/replay_origin \
	tests/fuzz/replay_masters \
	tests/fuzz/replay_path \
	tests/fuzz/replay_query \
	tests/fuzz/replay_redis \
	tests/fuzz/replay_request \
	tests/fuzz/replay_signature \
	tests/fuzz/replay_slots
check_PROGRAMS += $(replays)
TESTS += tests/fuzz/check
EXTRA_DIST += tests/fuzz/check tests/fuzz/run tests/fuzz/corpus $(fuzz_dictionaries)
fuzz_dictionaries = \
	tests/fuzz/answers.dict \
	tests/fuzz/auth.dict \
	tests/fuzz/body.dict \
	tests/fuzz/conf.dict \
	tests/fuzz/conf_redis.dict \
	tests/fuzz/json.dict \
	tests/fuzz/masters.dict \
	tests/fuzz/origin.dict \
	tests/fuzz/redis.dict \
	tests/fuzz/request.dict \
	tests/fuzz/slots.dict

fuzz_world = \
	tests/fuzz/answer.h \
	tests/fuzz/credentials.h \
	tests/fuzz/database.h \
	tests/fuzz/fuzz.h \
	tests/fuzz/place.h \
	tests/fuzz/redis_played.h \
	tests/fuzz/streamed.h \
	tests/fuzz/world.h
tests_fuzz_replay_answers_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_answers.c tests/fuzz/fuzz.h
tests_fuzz_replay_auth_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_auth.c \
	tests/fuzz/fuzz.h tests/fuzz/credentials.h tests/fuzz/place.h
tests_fuzz_replay_body_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_body.c $(fuzz_world)
tests_fuzz_replay_cgi_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_cgi.c tests/fuzz/fuzz.h
tests_fuzz_replay_conf_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h
tests_fuzz_replay_conf_redis_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_conf_redis.c tests/fuzz/fuzz.h
tests_fuzz_replay_cursor_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_cursor.c tests/fuzz/fuzz.h
tests_fuzz_replay_doctor_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_doctor.c tests/fuzz/fuzz.h
tests_fuzz_replay_fcgi_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_fcgi.c
tests_fuzz_replay_frame_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_frame.c
tests_fuzz_replay_import_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_import.c $(fuzz_world)
tests_fuzz_replay_json_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_json.c tests/fuzz/fuzz.h
tests_fuzz_replay_origin_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_origin.c tests/fuzz/fuzz.h
tests_fuzz_replay_masters_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_masters.c tests/fuzz/fuzz.h
tests_fuzz_replay_path_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_path.c
tests_fuzz_replay_query_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_query.c tests/fuzz/fuzz.h
tests_fuzz_replay_redis_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_redis.c tests/fuzz/fuzz.h tests/fuzz/place.h
tests_fuzz_replay_request_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_request.c $(fuzz_world)
tests_fuzz_replay_signature_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_signature.c tests/fuzz/fuzz.h
tests_fuzz_replay_slots_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_slots.c tests/fuzz/fuzz.h

fuzzers = \
	tests/fuzz/fuzz_answers \
	tests/fuzz/fuzz_auth \
	tests/fuzz/fuzz_body \
	tests/fuzz/fuzz_cgi \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_conf_redis \
	tests/fuzz/fuzz_cursor \
	tests/fuzz/fuzz_doctor \
	tests/fuzz/fuzz_fcgi \
	tests/fuzz/fuzz_frame \
	tests/fuzz/fuzz_import \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_origin \
	tests/fuzz/fuzz_masters \
	tests/fuzz/fuzz_path \
	tests/fuzz/fuzz_query \
	tests/fuzz/fuzz_redis \
	tests/fuzz/fuzz_request \
	tests/fuzz/fuzz_signature \
	tests/fuzz/fuzz_slots
EXTRA_PROGRAMS = $(fuzzers)
if FUZZERS
noinst_PROGRAMS = $(fuzzers)
endif
tests_fuzz_fuzz_answers_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_auth_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_body_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_cgi_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_conf_redis_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_cursor_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_doctor_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_fcgi_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_frame_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_import_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_json_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_origin_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_masters_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_path_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_query_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_redis_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signature_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_slots_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
