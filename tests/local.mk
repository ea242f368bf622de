# SPDX-License-Identifier: ISC

unit_tests = \
	tests/unit/api/test_rate_limits \
	tests/unit/auth/test_auth \
	tests/unit/auth/test_base64url \
	tests/unit/auth/test_jwt \
	tests/unit/auth/test_key \
	tests/unit/auth/test_origin \
	tests/unit/auth/test_token \
	tests/unit/base/test_address \
	tests/unit/base/test_conf \
	tests/unit/base/test_ids \
	tests/unit/base/test_listener \
	tests/unit/base/test_log \
	tests/unit/base/test_notify \
	tests/unit/directory/test_directory \
	tests/unit/directory/test_dms \
	tests/unit/directory/test_import \
	tests/unit/directory/test_members \
	tests/unit/directory/test_migrate \
	tests/unit/directory/test_place \
	tests/unit/directory/test_statement \
	tests/unit/directory/test_tokens \
	tests/unit/directory/test_workspaces \
	tests/unit/http/test_json \
	tests/unit/http/test_path \
	tests/unit/http/test_query \
	tests/unit/presence/test_alarms \
	tests/unit/presence/test_cursor \
	tests/unit/presence/test_parked \
	tests/unit/presence/test_table \
	tests/unit/presence/test_view \
	tests/unit/presence/test_view_page \
	tests/unit/store/test_link \
	tests/unit/store/test_redis \
	tests/unit/store/test_redis_call \
	tests/unit/store/test_redis_channel \
	tests/unit/store/test_redis_fault \
	tests/unit/store/test_redis_handshake \
	tests/unit/store/test_redis_value \
	tests/unit/test_master

script_tests = \
	tests/unit/test_floors

AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	CC='$(CC)'; export CC; \
	ROLLCALL_CPPFLAGS='$(AM_CPPFLAGS)'; export ROLLCALL_CPPFLAGS; \
	ROLLCALLD='$(abs_builddir)/rollcalld'; export ROLLCALLD;
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
TESTS += $(script_tests)
if HARDENED
TESTS += tests/unit/test_hardening
endif

LDADD = librollcall.a $(rollcall_libs) $(CMOCKA_LIBS)

# What drives the daemon from outside, for ./runtests; not of use without a checkout, but a release can be tested too.
EXTRA_DIST += $(script_tests) tests/unit/test_hardening \
	$(test_files)

test_files = \
	tests/.npmrc \
	tests/fuzz/corpus/json/deep \
	tests/fuzz/corpus/json/heartbeat \
	tests/fuzz/corpus/json/large \
	tests/fuzz/corpus/json/surrogate \
	tests/fuzz/corpus/json/twice \
	tests/fuzz/corpus/json/users \
	tests/http/admin.test.mjs \
	tests/http/connections.test.mjs \
	tests/http/crowd.test.mjs \
	tests/http/directory.test.mjs \
	tests/http/fastcgi.test.mjs \
	tests/http/identity.test.mjs \
	tests/http/input.test.mjs \
	tests/http/lifecycle.test.mjs \
	tests/http/limits.test.mjs \
	tests/http/origins.test.mjs \
	tests/http/people.test.mjs \
	tests/http/presence.test.mjs \
	tests/http/problems.test.mjs \
	tests/http/redis_faults.test.mjs \
	tests/http/redis_links.test.mjs \
	tests/http/sessions.test.mjs \
	tests/http/status.test.mjs \
	tests/http/stream.test.mjs \
	tests/http/webservers.test.mjs \
	tests/lib/child.mjs \
	tests/lib/fcgi.mjs \
	tests/lib/http.mjs \
	tests/lib/openapi.mjs \
	tests/lib/peer.mjs \
	tests/lib/person.mjs \
	tests/lib/redis.mjs \
	tests/lib/resp.mjs \
	tests/lib/stack.mjs \
	tests/lib/until.mjs \
	tests/lib/web.mjs \
	tests/lua/beat.test.mjs \
	tests/lua/changes.test.mjs \
	tests/lua/expire.test.mjs \
	tests/lua/ids.test.mjs \
	tests/lua/leave.test.mjs \
	tests/lua/loss.test.mjs \
	tests/lua/room.mjs \
	tests/package-lock.json \
	tests/package.json \
	tests/unit/auth/fixture.h \
	tests/unit/directory/fixture.h \
	tests/unit/presence/view_fixture.h \
	tests/unit/scratch.h \
	tests/unit/store/fixture.h \
	tests/unit/store/peer.h \
	tests/unit/store/server.h

# One program each, over tests/fuzz/corpus: tests/fuzz/fuzz_json $(srcdir)/tests/fuzz/corpus/json
fuzzers = \
	tests/fuzz/fuzz_json

EXTRA_PROGRAMS = $(fuzzers)
if FUZZERS
noinst_PROGRAMS = $(fuzzers)
endif
