/* SPDX-License-Identifier: ISC */
/*
 * The Lua scripts as the build embeds them (each with prelude.lua and its parts before it, some with a head before
 * these), and the keys they are called with.
 */
#ifndef ROLLCALL_PRESENCE_SCRIPTS_H
#define ROLLCALL_PRESENCE_SCRIPTS_H

#include "base/ids.h"
#include "redis/redis_router.h"

enum script {
    SCRIPT_BEAT,
    SCRIPT_LEAVE,
    SCRIPT_EXPIRE,
    SCRIPT_EVICT,
    SCRIPT_MARK,
    SCRIPT_CHANGES,
    SCRIPT_PRUNE,
    SCRIPT_DROP,
    SCRIPT_ADOPT,
    SCRIPT_SESSIONS,
    SCRIPT_SAY,
    SCRIPT_OWN,
    SCRIPT_AT,
    SCRIPT_FROM,
    SCRIPT_STAY,
    SCRIPT_PLACE,
    SCRIPT_PLACES,
    SCRIPT_TRUTHS,
    SCRIPT_HOOKS,
    SCRIPT_HOOK_SET,
    SCRIPT_HOOK_TURN,
    SCRIPT_HOOK_ASK,
    SCRIPT_PROBE,
    SCRIPT_KINDS
};

/*
 * The table of scripts for redis_router_new(), SCRIPT_KINDS long, in the order of the enum; freed with scripts_free().
 * CLUSTERED: as a Redis Cluster needs them, where news is published on the channels of a partition, and a script that
 * comes while its partition moves to another server fails before it does anything.
 */
struct redis_script *scripts_new(bool clustered);
void scripts_free(struct redis_script *scripts);

enum { KEY_PREFIX_MAX = sizeof "rollcall:{63}:", KEY_MAX = KEY_PREFIX_MAX + IDS_WORKSPACE_MAX + IDS_USER_MAX + 16 };

/* The keys of one workspace, and of one user in it if one was given. */
struct script_keys {
    char prefix[KEY_PREFIX_MAX];
    char due[KEY_PREFIX_MAX + 8];
    char ends[KEY_PREFIX_MAX + 8];
    char state[KEY_MAX];
    char changed[KEY_MAX];
    char meta[KEY_MAX];
    char user[KEY_MAX]; /* "" without a user */
    char channel[KEY_MAX];
};

/*
 * Fills KEYS. WORKSPACE has at most IDS_WORKSPACE_MAX bytes, USER at most IDS_USER_MAX or is NULL; longer ones abort.
 */
void script_keys_init(struct script_keys *keys, const char *workspace, const char *user);

/*
 * Keys of a workspace beside KEYS, which are that workspace's: of the set of PLACE, which has at most
 * LIMIT_PLACE_BYTES; of all places, which is also the name of their channel; of how far webhooks have come. Into OUT,
 * which has KEY_MAX bytes.
 */
void script_key_at(const struct script_keys *keys, const char *place, char *out);
void script_key_places(const struct script_keys *keys, char *out);
void script_key_hooks(const struct script_keys *keys, char *out);

/*
 * The channel of what is told to the worker NAME alone, and that of what concerns a user's own polls, into OUT, which
 * has CHANNEL_MAX bytes: of PARTITION, or the only one if that is -1. Whether CHANNEL is such a one.
 */
enum { CHANNEL_MAX = KEY_PREFIX_MAX + 40 };
void script_worker_channel(char *out, const char *name, int partition);
void script_own_channel(char *out, int partition);
bool script_is_worker_channel(const char *channel, const char *name);
bool script_is_own_channel(const char *channel);

/* "rollcall:{P}:" into OUT, which has KEY_PREFIX_MAX bytes. */
void script_prefix(char *out, unsigned partition);

/*
 * The workspace that CHANNEL belongs to, borrowed from CHANNEL, its length in LEN; NULL if it is not a workspace's
 * channel.
 */
const char *script_channel_workspace(const char *channel, size_t *len);

/* The same for the channel of its places. */
const char *script_channel_places(const char *channel, size_t *len);

#endif
