# SPDX-License-Identifier: ISC

# All but main.c, so that unit tests link what they test.
noinst_LIBRARIES += librollcall.a

librollcall_a_SOURCES = \
	src/api/admin/admin_dms.c \
	src/api/admin/admin_import.c \
	src/api/admin/admin_members.c \
	src/api/admin/admin_sessions.c \
	src/api/admin/admin_tokens.c \
	src/api/admin/admin_workspaces.c \
	src/api/admit.c \
	src/api/admit.h \
	src/api/dispatch.c \
	src/api/dispatch.h \
	src/api/identify.c \
	src/api/identify.h \
	src/api/methods.c \
	src/api/methods.h \
	src/api/resources/dms.c \
	src/api/resources/health.c \
	src/api/resources/heartbeat.c \
	src/api/resources/join.c \
	src/api/resources/leave.c \
	src/api/resources/me.c \
	src/api/resources/members.c \
	src/api/resources/metrics.c \
	src/api/resources/status.c \
	src/api/resources/stream.c \
	src/api/resources/stream_park.c \
	src/api/resources/stream_park.h \
	src/api/resources/stream_request.c \
	src/api/resources/stream_request.h \
	src/api/resources/stream_wake.c \
	src/api/resources/stream_wake.h \
	src/api/routes.c \
	src/api/routes.h \
	src/api/shared/accounts.c \
	src/api/shared/accounts.h \
	src/api/shared/audit.c \
	src/api/shared/audit.h \
	src/api/shared/costs.h \
	src/api/shared/directory_look.c \
	src/api/shared/directory_look.h \
	src/api/shared/dm_page.c \
	src/api/shared/dm_page.h \
	src/api/shared/handlers.h \
	src/api/shared/listing.c \
	src/api/shared/listing.h \
	src/api/shared/membership.c \
	src/api/shared/membership.h \
	src/api/shared/metrics.c \
	src/api/shared/metrics.h \
	src/api/shared/metrics_table.h \
	src/api/shared/notice.c \
	src/api/shared/notice.h \
	src/api/shared/outage.c \
	src/api/shared/outage.h \
	src/api/shared/page.c \
	src/api/shared/page.h \
	src/api/shared/params.c \
	src/api/shared/params.h \
	src/api/shared/problems.c \
	src/api/shared/problems.h \
	src/api/shared/rate_limits.c \
	src/api/shared/rate_limits.h \
	src/api/shared/render.c \
	src/api/shared/render.h \
	src/api/shared/review.c \
	src/api/shared/review.h \
	src/api/shared/routes.c \
	src/api/shared/routes.h \
	src/api/shared/service.c \
	src/api/shared/service.h \
	src/api/shared/spend.c \
	src/api/shared/spend.h \
	src/api/shared/users.c \
	src/api/shared/users.h \
	src/api/target.c \
	src/api/target.h \
	src/auth/auth.c \
	src/auth/auth.h \
	src/auth/auth_private.h \
	src/auth/base64url.c \
	src/auth/claims.c \
	src/auth/jwt.c \
	src/auth/jwt_memory.c \
	src/auth/key.c \
	src/auth/origin.c \
	src/auth/remote_user.c \
	src/auth/signature.c \
	src/auth/token.c \
	src/backoff.c \
	src/backoff.h \
	src/base/address.c \
	src/base/address.h \
	src/base/alarms.c \
	src/base/alarms.h \
	src/base/blob.c \
	src/base/blob.h \
	src/base/buf.c \
	src/base/buf.h \
	src/base/clock.c \
	src/base/clock.h \
	src/base/conf.c \
	src/base/conf.h \
	src/base/conf_options.c \
	src/base/conf_options.h \
	src/base/conf_reader.c \
	src/base/conf_reader.h \
	src/base/conf_text.c \
	src/base/conf_text.h \
	src/base/conf_value.c \
	src/base/conf_value.h \
	src/base/decimal.c \
	src/base/decimal.h \
	src/base/hash.h \
	src/base/histogram.c \
	src/base/histogram.h \
	src/base/ids.c \
	src/base/ids.h \
	src/base/jwt_algorithm.c \
	src/base/jwt_algorithm.h \
	src/base/limits.h \
	src/base/list.h \
	src/base/listener.c \
	src/base/listener.h \
	src/base/log.c \
	src/base/log.h \
	src/base/log_writer.c \
	src/base/log_writer.h \
	src/base/mem.c \
	src/base/mem.h \
	src/base/notify.c \
	src/base/notify.h \
	src/base/random.c \
	src/base/random.h \
	src/base/signals.c \
	src/base/signals.h \
	src/base/suggest.c \
	src/base/suggest.h \
	src/base/table.c \
	src/base/table.h \
	src/base/thread.c \
	src/base/thread.h \
	src/base/unicode.c \
	src/base/unicode.h \
	src/base/utf8.c \
	src/base/utf8.h \
	src/children.c \
	src/children.h \
	src/command_line.c \
	src/command_line.h \
	src/directory/backup.c \
	src/directory/db_file.c \
	src/directory/directory.c \
	src/directory/directory.h \
	src/directory/directory_private.h \
	src/directory/dm_key.c \
	src/directory/dm_open.c \
	src/directory/dms.c \
	src/directory/import.c \
	src/directory/members.c \
	src/directory/migrate.c \
	src/directory/naming.c \
	src/directory/orphans.c \
	src/directory/schema.c \
	src/directory/sql.h \
	src/directory/statement.c \
	src/directory/tokens.c \
	src/directory/workspaces.c \
	src/doctor/doctor.c \
	src/doctor/doctor.h \
	src/doctor/doctor_answer.c \
	src/doctor/doctor_answer.h \
	src/doctor/doctor_apache.c \
	src/doctor/doctor_apache.h \
	src/doctor/doctor_http.c \
	src/doctor/doctor_http.h \
	src/doctor/doctor_mount.c \
	src/doctor/doctor_mount.h \
	src/doctor/doctor_nginx.c \
	src/doctor/doctor_nginx.h \
	src/doctor/doctor_redis.c \
	src/doctor/doctor_redis.h \
	src/doctor/doctor_report.c \
	src/doctor/doctor_report.h \
	src/doctor/doctor_site.c \
	src/doctor/doctor_site.h \
	src/doctor/doctor_socket.c \
	src/doctor/doctor_socket.h \
	src/doctor/doctor_stream.c \
	src/doctor/doctor_stream.h \
	src/doctor/doctor_web.c \
	src/doctor/doctor_web.h \
	src/http/exchange.c \
	src/http/exchange.h \
	src/http/json.c \
	src/http/json.h \
	src/http/names.c \
	src/http/names.h \
	src/http/path.c \
	src/http/path.h \
	src/http/path_account.c \
	src/http/path_account.h \
	src/http/percent.c \
	src/http/percent.h \
	src/http/problem.c \
	src/http/problem.h \
	src/http/query.c \
	src/http/query.h \
	src/http/reply.c \
	src/http/reply.h \
	src/http/span.c \
	src/http/span.h \
	src/master.c \
	src/master.h \
	src/presence/adopt.c \
	src/presence/answers.c \
	src/presence/answers.h \
	src/presence/calls.c \
	src/presence/drop.c \
	src/presence/expiry.c \
	src/presence/expiry_step.c \
	src/presence/expiry_step.h \
	src/presence/lua/lua.h \
	src/presence/messages.c \
	src/presence/messages.h \
	src/presence/pending.c \
	src/presence/pending.h \
	src/presence/presence.c \
	src/presence/presence.h \
	src/presence/presence_core.c \
	src/presence/presence_private.h \
	src/presence/prune.c \
	src/presence/script_call.c \
	src/presence/script_call.h \
	src/presence/scripts.c \
	src/presence/scripts.h \
	src/presence/sync_step.c \
	src/presence/sync_step.h \
	src/presence/view_sync.c \
	src/presence/walk.c \
	src/presence/walk.h \
	src/pulse.c \
	src/pulse.h \
	src/redis/hiredis_compat.h \
	src/redis/redis.c \
	src/redis/redis.h \
	src/redis/redis_arena.c \
	src/redis/redis_arena.h \
	src/redis/redis_call.c \
	src/redis/redis_call.h \
	src/redis/redis_channel.c \
	src/redis/redis_channel.h \
	src/redis/redis_conn.c \
	src/redis/redis_conn.h \
	src/redis/redis_dial.c \
	src/redis/redis_dial.h \
	src/redis/redis_fault.c \
	src/redis/redis_fault.h \
	src/redis/redis_handshake.c \
	src/redis/redis_handshake.h \
	src/redis/redis_name.c \
	src/redis/redis_name.h \
	src/redis/redis_request.c \
	src/redis/redis_request.h \
	src/redis/redis_state.c \
	src/redis/redis_state.h \
	src/redis/redis_value.c \
	src/redis/redis_value.h \
	src/redis/redis_value_private.h \
	src/setup/check.c \
	src/setup/check.h \
	src/setup/init.c \
	src/setup/init.h \
	src/setup/init_steps.c \
	src/setup/init_steps.h \
	src/setup/owner.c \
	src/setup/owner.h \
	src/shared_page.c \
	src/shared_page.h \
	src/tasks.c \
	src/tasks.h \
	src/transport/cgi.c \
	src/transport/conn.c \
	src/transport/conn.h \
	src/transport/fcgi.c \
	src/transport/fcgi_answer.c \
	src/transport/fcgi_answer.h \
	src/transport/fcgi_conn.c \
	src/transport/fcgi_conn.h \
	src/transport/fcgi_control.c \
	src/transport/fcgi_control.h \
	src/transport/fcgi_hub.c \
	src/transport/fcgi_hub.h \
	src/transport/fcgi_input.c \
	src/transport/fcgi_input.h \
	src/transport/fcgi_output.c \
	src/transport/fcgi_output.h \
	src/transport/fcgi_params.c \
	src/transport/fcgi_params.h \
	src/transport/fcgi_parser.c \
	src/transport/fcgi_parser.h \
	src/transport/fcgi_partial.c \
	src/transport/fcgi_partial.h \
	src/transport/fcgi_private.h \
	src/transport/frame.c \
	src/transport/frame.h \
	src/transport/records.c \
	src/transport/records.h \
	src/transport/request.c \
	src/transport/request.h \
	src/transport/transport.h \
	src/view/cursor.c \
	src/view/cursor.h \
	src/view/parked.c \
	src/view/parked.h \
	src/view/parked_end.c \
	src/view/parked_private.h \
	src/view/parked_run.c \
	src/view/parked_view.c \
	src/view/parked_watch.c \
	src/view/status.c \
	src/view/status.h \
	src/view/view.c \
	src/view/view.h \
	src/view/view_cache.c \
	src/view/view_entry.c \
	src/view/view_log.c \
	src/view/view_page.c \
	src/view/view_private.h \
	src/view/view_sorted.c \
	src/worker.c \
	src/worker.h

lua_scripts = \
	src/presence/lua/adopt.lua \
	src/presence/lua/beat.head.lua \
	src/presence/lua/beat.lua \
	src/presence/lua/changes.lua \
	src/presence/lua/drop.lua \
	src/presence/lua/evict.lua \
	src/presence/lua/expire.lua \
	src/presence/lua/leave.lua \
	src/presence/lua/mark.lua \
	src/presence/lua/prelude.lua \
	src/presence/lua/probe.lua \
	src/presence/lua/prune.lua \
	src/presence/lua/sessions.lua

server_texts = \
	conf/Caddyfile \
	conf/apache.conf \
	conf/lighttpd.conf \
	conf/nginx.conf

nodist_librollcall_a_SOURCES = \
	src/directory/migrations.c \
	src/setup/init_servers.c \
	src/presence/lua/lua.c
CLEANFILES += $(nodist_librollcall_a_SOURCES)
EXTRA_DIST += $(lua_scripts)

src/presence/lua/lua.c: $(lua_scripts) $(srcdir)/build-aux/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/presence/lua && \
	$(SHELL) $(srcdir)/build-aux/embed.sh lua $@ $(lua_scripts:%=$(srcdir)/%)

src/directory/migrations.c: $(migrations) $(srcdir)/build-aux/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/directory && \
	$(SHELL) $(srcdir)/build-aux/embed.sh sql $@ $(migrations:%=$(srcdir)/%)

src/setup/init_servers.c: $(server_texts) $(srcdir)/build-aux/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/setup && \
	$(SHELL) $(srcdir)/build-aux/embed.sh text $@ $(server_texts:%=$(srcdir)/%)

sbin_PROGRAMS += rollcalld
rollcalld_SOURCES = src/main.c
rollcalld_CPPFLAGS = $(AM_CPPFLAGS) -DROLLCALL_CONF_DEFAULT='"$(sysconfdir)/rollcall/rollcall.conf"' \
	-DROLLCALL_WWW_DIR='"$(wwwdir)"'
rollcalld_LDADD = librollcall.a $(rollcall_libs)

rollcall_libs = $(FCGI_LIBS) $(EVENT_LIBS) $(HIREDIS_LIBS) $(JANSSON_LIBS) $(SQLITE_LIBS) $(CONFUSE_LIBS) $(JWT_LIBS) \
	$(SSL_LIBS) $(CRYPTO_LIBS)
