# SPDX-License-Identifier: ISC

EXTRA_DIST += \
	bench/bare.c \
	bench/crowd.mjs \
	bench/heartbeat.mjs \
	bench/hello.c \
	bench/lapse.mjs \
	bench/parked.mjs \
	bench/polls.c \
	bench/servers.mjs \
	bench/stack.mjs \
	bench/workers.mjs
