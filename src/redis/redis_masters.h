/* SPDX-License-Identifier: ISC */
/*
 * What sentinels say about where the master is, and what follows if they do not agree: pure functions on their answers,
 * one for each sentinel. An answer without a host is none.
 */
#ifndef ROLLCALL_REDIS_MASTERS_H
#define ROLLCALL_REDIS_MASTERS_H

#include <stdbool.h>
#include <stddef.h>

enum { REDIS_MASTER_HOST_MAX = 256 };

struct redis_master {
    char host[REDIS_MASTER_HOST_MAX]; /* a name or an IP address; "": unknown */
    int port;
};

/* Fills MASTER with HOST and PORT as sentinels write them; false, and unknown, if that is not an address. */
bool redis_master_set(struct redis_master *master, const char *host, const char *port);

/*
 * Fills MASTER with the new address in TEXT, the message of a switch: "NAME OLD-HOST OLD-PORT NEW-HOST NEW-PORT".
 * False, and MASTER unchanged, if it is about another master than NAME. Unknown, if there is no address in it.
 */
bool redis_master_switched(struct redis_master *master, const char *name, const char *text);

/* Whether A and B are the same address. */
bool redis_master_is(const struct redis_master *a, const struct redis_master *b);

/*
 * Which of the COUNT ANSWERS is to be tried at the attempt TURN, which counts from 0: different addresses one after the
 * other, that of the answer FIRST (COUNT: no such one) before those that more sentinels name. COUNT if there is none.
 */
size_t redis_masters_choose(const struct redis_master *answers, size_t count, size_t first, size_t turn);

/*
 * Whether more than half of those that answer name the same master, and another one than NOW. If each of them names a
 * different one, that says nothing.
 */
bool redis_masters_contradict(const struct redis_master *answers, size_t count, const struct redis_master *now);

#endif
