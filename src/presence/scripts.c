/* SPDX-License-Identifier: ISC */
/* See scripts.h. */
#include "presence/scripts.h"

#include "base/buf.h"
#include "base/decimal.h"
#include "base/limits.h"
#include "base/mem.h"
#include "presence/lua/lua.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char channel_ending[] = ":changes";

/* ---- scripts ---- */

/* What differs in a cluster. Every script is called with a key of its partition first. */
#define PARTITION "string.match(KEYS[1], '^.-}:')"
static const char *const in_cluster[][2] = {
    {"'PUBLISH'", "'SPUBLISH'"},
    {"'rollcall:worker:'", PARTITION " .. 'worker:'"},
    {"'rollcall:own'", PARTITION " .. 'own'"},
};

/*
 * While the partition moves to another server, some of its keys are there already, perhaps in the middle of a script.
 * Redis refuses to read a key that it has not then, and so the script ends before it has done anything.
 */
static const char guard[] = "redis.call('EXISTS', " PARTITION " .. 'moving')\n";

/* What TEXT begins with that differs in a cluster: its index, or -1. */
static int differs(const char *text)
{
    for (size_t i = 0; i < sizeof in_cluster / sizeof *in_cluster; i++)
        if (strncmp(text, in_cluster[i][0], strlen(in_cluster[i][0])) == 0)
            return (int)i;
    return -1;
}

/* The script TEXT for a cluster; the caller frees it. */
static char *cluster_text(const char *text)
{
    struct buf out;

    buf_init(&out);
    buf_add_text(&out, guard);
    while (*text) {
        int i = *text == '\'' ? differs(text) : -1;
        if (i >= 0) {
            buf_add_text(&out, in_cluster[i][1]);
            text += strlen(in_cluster[i][0]);
        } else {
            buf_add_char(&out, *text++);
        }
    }
    char *copy = mem_copy(out.data, out.len);
    buf_fini(&out);
    return copy;
}

struct redis_script *scripts_new(bool clustered)
{
    const struct redis_script table[SCRIPT_KINDS] = {
        [SCRIPT_BEAT] = {.name = "beat", .text = presence_lua_beat},
        [SCRIPT_LEAVE] = {.name = "leave", .text = presence_lua_leave},
        [SCRIPT_EXPIRE] = {.name = "expire", .text = presence_lua_expire},
        [SCRIPT_EVICT] = {.name = "evict", .text = presence_lua_evict},
        [SCRIPT_MARK] = {.name = "mark", .text = presence_lua_mark},
        [SCRIPT_CHANGES] = {.name = "changes", .text = presence_lua_changes},
        [SCRIPT_PRUNE] = {.name = "prune", .text = presence_lua_prune},
        [SCRIPT_DROP] = {.name = "drop", .text = presence_lua_drop},
        [SCRIPT_ADOPT] = {.name = "adopt", .text = presence_lua_adopt},
        [SCRIPT_SESSIONS] = {.name = "sessions", .text = presence_lua_sessions},
        [SCRIPT_SAY] = {.name = "say", .text = presence_lua_say},
        [SCRIPT_OWN] = {.name = "own", .text = presence_lua_own},
        [SCRIPT_AT] = {.name = "at", .text = presence_lua_at},
        [SCRIPT_FROM] = {.name = "from", .text = presence_lua_from},
        [SCRIPT_STAY] = {.name = "stay", .text = presence_lua_stay},
        [SCRIPT_PLACE] = {.name = "place", .text = presence_lua_place},
        [SCRIPT_PLACES] = {.name = "places", .text = presence_lua_places},
        [SCRIPT_TRUTHS] = {.name = "truths", .text = presence_lua_truths},
        [SCRIPT_HOOKS] = {.name = "hooks", .text = presence_lua_hooks},
        [SCRIPT_HOOK_SET] = {.name = "hook_set", .text = presence_lua_hook_set},
        [SCRIPT_HOOK_TURN] = {.name = "hook_turn", .text = presence_lua_hook_turn},
        [SCRIPT_HOOK_ASK] = {.name = "hook_ask", .text = presence_lua_hook_ask},
        [SCRIPT_PROBE] = {.name = "probe", .text = presence_lua_probe},
    };
    struct redis_script *copy = mem_new(sizeof table);

    memcpy(copy, table, sizeof table);
    for (size_t i = 0; i < SCRIPT_KINDS; i++)
        copy[i].text = clustered ? cluster_text(copy[i].text) : mem_copy(copy[i].text, strlen(copy[i].text));
    return copy;
}

void scripts_free(struct redis_script *scripts)
{
    for (size_t i = 0; scripts && i < SCRIPT_KINDS; i++)
        free((char *)scripts[i].text);
    free(scripts);
}

/* ---- channels ---- */

/* "rollcall:", in a cluster with the PARTITION, and KIND. */
static char *own_channel(char *out, int partition, const char *kind)
{
    if (partition >= 0)
        script_prefix(out, (unsigned)partition);
    else
        strcpy(out, "rollcall:");
    return stpcpy(out + strlen(out), kind);
}

void script_worker_channel(char *out, const char *name, int partition)
{
    strcpy(own_channel(out, partition, "worker:"), name);
}

void script_own_channel(char *out, int partition)
{
    own_channel(out, partition, "own");
}

/* CHANNEL without "rollcall:" and the partition; "" if it is not one of Rollcall's. */
static const char *channel_rest(const char *channel)
{
    static const char start[] = "rollcall:";
    const char *rest = channel + sizeof start - 1;

    if (strncmp(channel, start, sizeof start - 1) != 0)
        return "";
    const char *end = *rest == '{' ? strstr(rest, "}:") : NULL;
    return end ? end + 2 : rest;
}

bool script_is_worker_channel(const char *channel, const char *name)
{
    static const char start[] = "worker:";
    const char *rest = channel_rest(channel);

    return strncmp(rest, start, sizeof start - 1) == 0 && strcmp(rest + sizeof start - 1, name) == 0;
}

bool script_is_own_channel(const char *channel)
{
    return strcmp(channel_rest(channel), "own") == 0;
}

/* ---- keys ---- */

void script_prefix(char *out, unsigned partition)
{
    out = stpcpy(out, "rollcall:{");
    out += decimal_write(out, partition % IDS_PARTITIONS);
    strcpy(out, "}:");
}

/* LEN bytes of BASE and then ENDING into OUT; returns where it ends. */
static inline char *join(char *out, const char *base, size_t len, const char *ending)
{
    memcpy(out, base, len);
    return stpcpy(out + len, ending);
}

void script_keys_init(struct script_keys *keys, const char *workspace, const char *user)
{
    char base[KEY_MAX];
    size_t workspace_len = strlen(workspace);
    size_t user_len = user ? strlen(user) : 0;

    /* Then every key fits into KEY_MAX. */
    assert(workspace_len <= IDS_WORKSPACE_MAX && user_len <= IDS_USER_MAX);
    script_prefix(keys->prefix, ids_partition(workspace, workspace_len));
    size_t prefix_len = strlen(keys->prefix);
    size_t len = (size_t)(join(base, keys->prefix, prefix_len, workspace) - base);
    join(keys->due, base, prefix_len, "due");
    join(keys->ends, base, prefix_len, "ends");
    join(keys->state, base, len, ":state");
    join(keys->changed, base, len, ":changed");
    join(keys->meta, base, len, ":meta");
    join(keys->channel, base, len, channel_ending);
    keys->user[0] = '\0';
    if (user)
        memcpy(join(keys->user, base, len, ":u:"), user, user_len + 1);
}

/* What the keys of the workspace of KEYS begin with, and ENDING, into OUT. Returns where that ends. */
static char *key_with(const struct script_keys *keys, const char *ending, char *out)
{
    size_t len = strlen(keys->state) - strlen("state");

    return join(out, keys->state, len, ending);
}

void script_key_at(const struct script_keys *keys, const char *place, char *out)
{
    assert(strlen(place) <= LIMIT_PLACE_BYTES);
    strcpy(key_with(keys, "at:", out), place);
}

void script_key_places(const struct script_keys *keys, char *out)
{
    key_with(keys, "places", out);
}

void script_key_hooks(const struct script_keys *keys, char *out)
{
    key_with(keys, "hooks", out);
}

/* The workspace of CHANNEL, whose name ends with ENDING; NULL if it does not. */
static const char *channel_of(const char *channel, const char *ending, size_t *len)
{
    const char *start = strstr(channel, "}:");
    size_t ending_len = strlen(ending);

    if (!start)
        return NULL;
    start += 2;
    *len = strlen(start);
    if (*len <= ending_len || strcmp(start + *len - ending_len, ending) != 0)
        return NULL;
    *len -= ending_len;
    return start;
}

const char *script_channel_workspace(const char *channel, size_t *len)
{
    return channel_of(channel, channel_ending, len);
}

const char *script_channel_places(const char *channel, size_t *len)
{
    return channel_of(channel, ":places", len);
}
