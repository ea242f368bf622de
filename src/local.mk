# SPDX-License-Identifier: ISC

# All but main.c, so that unit tests link what they test.
noinst_LIBRARIES += librollcall.a

librollcall_a_SOURCES = \
	src/api/admin_dms.c \
	src/api/admin_export.c \
	src/api/admin_import.c \
	src/api/admin_members.c \
	src/api/admin_sessions.c \
	src/api/admin_tokens.c \
	src/api/admin_workspaces.c \
	src/api/admit.c \
	src/api/admit.h \
	src/api/audit.c \
	src/api/audit.h \
	src/api/costs.c \
	src/api/costs.h \
	src/api/dispatch.c \
	src/api/dm_page.c \
	src/api/dm_page.h \
	src/api/dms.c \
	src/api/handlers.h \
	src/api/health.c \
	src/api/heartbeat.c \
	src/api/join.c \
	src/api/leave.c \
	src/api/listing.c \
	src/api/listing.h \
	src/api/me.c \
	src/api/members.c \
	src/api/metrics.c \
	src/api/metrics.h \
	src/api/notice.c \
	src/api/notice.h \
	src/api/params.c \
	src/api/params.h \
	src/api/rate_limits.c \
	src/api/rate_limits.h \
	src/api/render.c \
	src/api/render.h \
	src/api/review.c \
	src/api/routes.c \
	src/api/routes.h \
	src/api/service.h \
	src/api/spend.c \
	src/api/status.c \
	src/api/stream.c \
	src/api/stream.h \
	src/api/stream_wake.c \
	src/auth/auth.c \
	src/auth/auth.h \
	src/auth/base64url.c \
	src/auth/claims.c \
	src/auth/jwt.c \
	src/auth/jwt_memory.c \
	src/auth/key.c \
	src/auth/origin.c \
	src/auth/remote_user.c \
	src/auth/signature.c \
	src/auth/token.c \
	src/auth/ways.h \
	src/base/address.c \
	src/base/address.h \
	src/base/blob.c \
	src/base/blob.h \
	src/base/buf.c \
	src/base/buf.h \
	src/base/clock.c \
	src/base/clock.h \
	src/base/conf.c \
	src/base/conf.h \
	src/base/conf_reader.c \
	src/base/conf_reader.h \
	src/base/conf_text.c \
	src/base/conf_text.h \
	src/base/decimal.c \
	src/base/decimal.h \
	src/base/ids.c \
	src/base/ids.h \
	src/base/ids_name.c \
	src/base/limits.h \
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
	src/check.c \
	src/check.h \
	src/directory/backup.c \
	src/directory/directory.c \
	src/directory/directory.h \
	src/directory/dm_key.c \
	src/directory/dm_open.c \
	src/directory/dms.c \
	src/directory/import.c \
	src/directory/internal.h \
	src/directory/members.c \
	src/directory/migrate.c \
	src/directory/naming.c \
	src/directory/orphans.c \
	src/directory/place.c \
	src/directory/schema.c \
	src/directory/sql.h \
	src/directory/statement.c \
	src/directory/tokens.c \
	src/directory/workspaces.c \
	src/doctor.c \
	src/doctor.h \
	src/doctor_apache.c \
	src/doctor_http.c \
	src/doctor_http.h \
	src/doctor_mount.c \
	src/doctor_nginx.c \
	src/doctor_stream.c \
	src/doctor_stream.h \
	src/doctor_web.c \
	src/http/exchange.c \
	src/http/exchange.h \
	src/http/json.c \
	src/http/json.h \
	src/http/names.c \
	src/http/names.h \
	src/http/path.c \
	src/http/path.h \
	src/http/problem.c \
	src/http/problem.h \
	src/http/query.c \
	src/http/query.h \
	src/http/reply.c \
	src/http/reply.h \
	src/init.c \
	src/init.h \
	src/init_text.c \
	src/master.c \
	src/master.h \
	src/owner.c \
	src/owner.h \
	src/presence/adopt.c \
	src/presence/alarms.c \
	src/presence/alarms.h \
	src/presence/answers.c \
	src/presence/answers.h \
	src/presence/calls.c \
	src/presence/expiry.c \
	src/presence/internal.h \
	src/presence/list.h \
	src/presence/lua.h \
	src/presence/parked.c \
	src/presence/parked.h \
	src/presence/parked_end.c \
	src/presence/parked_private.h \
	src/presence/parked_run.c \
	src/presence/parked_watch.c \
	src/presence/presence.c \
	src/presence/presence.h \
	src/presence/rooms.c \
	src/presence/scripts.c \
	src/presence/scripts.h \
	src/presence/status.c \
	src/presence/status.h \
	src/presence/table.c \
	src/presence/table.h \
	src/presence/view.c \
	src/presence/view.h \
	src/presence/view_entry.c \
	src/presence/view_log.c \
	src/presence/view_page.c \
	src/presence/view_private.h \
	src/presence/view_roll.c \
	src/pulse.c \
	src/pulse.h \
	src/shared.c \
	src/shared.h \
	src/store/hiredis_compat.h \
	src/store/link.c \
	src/store/redis.c \
	src/store/redis.h \
	src/store/redis_call.c \
	src/store/redis_channel.c \
	src/store/redis_dial.c \
	src/store/redis_fault.c \
	src/store/redis_handshake.c \
	src/store/redis_internal.h \
	src/store/redis_name.c \
	src/store/redis_value.c \
	src/transport/cgi.c \
	src/transport/conn.c \
	src/transport/conn.h \
	src/transport/fcgi.c \
	src/transport/fcgi_conn.c \
	src/transport/fcgi_control.c \
	src/transport/fcgi_input.c \
	src/transport/fcgi_output.c \
	src/transport/fcgi_parse.c \
	src/transport/fcgi_private.h \
	src/transport/fcgi_probe.c \
	src/transport/frame.c \
	src/transport/frame.h \
	src/transport/pairs.c \
	src/transport/pairs.h \
	src/transport/records.c \
	src/transport/records.h \
	src/transport/request.c \
	src/transport/request.h \
	src/transport/transport.h \
	src/worker.c \
	src/worker.h

lua_scripts = \
	src/presence/adopt.lua \
	src/presence/beat.head.lua \
	src/presence/beat.lua \
	src/presence/changes.lua \
	src/presence/drop.lua \
	src/presence/evict.lua \
	src/presence/expire.lua \
	src/presence/leave.lua \
	src/presence/mark.lua \
	src/presence/prelude.lua \
	src/presence/probe.lua \
	src/presence/prune.lua \
	src/presence/sessions.lua

server_texts = \
	conf/Caddyfile \
	conf/apache.conf \
	conf/lighttpd.conf \
	conf/nginx.conf

nodist_librollcall_a_SOURCES = \
	src/directory/migrations.c \
	src/init_servers.c \
	src/presence/lua.c
CLEANFILES += $(nodist_librollcall_a_SOURCES)
EXTRA_DIST += $(lua_scripts)

src/presence/lua.c: $(lua_scripts) $(srcdir)/build-aux/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/presence && \
	$(SHELL) $(srcdir)/build-aux/embed.sh lua $@ $(lua_scripts:%=$(srcdir)/%)

src/directory/migrations.c: $(migrations) $(srcdir)/build-aux/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/directory && \
	$(SHELL) $(srcdir)/build-aux/embed.sh sql $@ $(migrations:%=$(srcdir)/%)

src/init_servers.c: $(server_texts) $(srcdir)/build-aux/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src && \
	$(SHELL) $(srcdir)/build-aux/embed.sh text $@ $(server_texts:%=$(srcdir)/%)

sbin_PROGRAMS += rollcalld
rollcalld_SOURCES = src/main.c
rollcalld_CPPFLAGS = $(AM_CPPFLAGS) -DROLLCALL_CONF_DEFAULT='"$(sysconfdir)/rollcall/rollcall.conf"' \
	-DROLLCALL_WWW_DIR='"$(wwwdir)"'
rollcalld_LDADD = librollcall.a $(rollcall_libs)

rollcall_libs = $(FCGI_LIBS) $(EVENT_LIBS) $(HIREDIS_LIBS) $(JANSSON_LIBS) $(SQLITE_LIBS) $(CONFUSE_LIBS) $(JWT_LIBS) \
	$(SSL_LIBS) $(CRYPTO_LIBS)
