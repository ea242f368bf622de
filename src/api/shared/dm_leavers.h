/* SPDX-License-Identifier: ISC */
/*
 * Those who are taken out of a conversation, so that they do nothing there any more. If Redis cannot be told, what they
 * do there ends by itself a little later.
 */
#ifndef ROLLCALL_API_SHARED_DM_LEAVERS_H
#define ROLLCALL_API_SHARED_DM_LEAVERS_H

#include <stdint.h>

struct dm_leavers;
struct service;

/* The participants of conversation ID as it is before a write; none if there is no such conversation. */
struct dm_leavers *dm_leavers_new(struct service *service, const char *workspace, int64_t id);

/* After the write: those who are not in it now are not at its place either. Frees SELF. */
void dm_leavers_send(struct dm_leavers *self);

#endif
