# SPDX-License-Identifier: ISC

EXTRA_DIST += \
	bench/abuse.mjs \
	bench/bare.c \
	bench/busy.mjs \
	bench/crowd.mjs \
	bench/flood.mjs \
	bench/heartbeat.mjs \
	bench/hello.c \
	bench/hooks.mjs \
	bench/lapse.mjs \
	bench/modules.mjs \
	bench/notify.mjs \
	bench/parked.mjs \
	bench/places.mjs \
	bench/polls.c \
	bench/servers.mjs \
	bench/sites.mjs \
	bench/soak.mjs \
	bench/socketio.mjs \
	bench/spread.mjs \
	bench/stack.mjs \
	bench/status.mjs \
	bench/svg.mjs \
	bench/watchers.c \
	bench/watchers.h \
	bench/watchers_wire.c \
	bench/workers.mjs
