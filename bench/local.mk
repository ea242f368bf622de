# SPDX-License-Identifier: ISC

EXTRA_DIST += \
	bench/abuse.mjs \
	bench/bare.c \
	bench/crowd.mjs \
	bench/flood.mjs \
	bench/heartbeat.mjs \
	bench/hello.c \
	bench/lapse.mjs \
	bench/parked.mjs \
	bench/polls.c \
	bench/servers.mjs \
	bench/soak.mjs \
	bench/stack.mjs \
	bench/svg.mjs \
	bench/workers.mjs
