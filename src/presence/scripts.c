/* SPDX-License-Identifier: ISC */
/* See scripts.h. */
#include "presence/scripts.h"

#include "base/decimal.h"
#include "base/mem.h"
#include "presence/lua/lua.h"

#include <string.h>

static const char channel_ending[] = ":changes";

struct redis_script *scripts_new(void)
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
        [SCRIPT_PROBE] = {.name = "probe", .text = presence_lua_probe},
    };
    struct redis_script *copy = mem_new(sizeof table);

    memcpy(copy, table, sizeof table);
    return copy;
}

void script_prefix(char *out, unsigned partition)
{
    out = stpcpy(out, "rollcall:{");
    out += decimal_write(out, partition % IDS_PARTITIONS);
    strcpy(out, "}:");
}

/* A, B and C one after another into OUT; the ids' own limits keep them within KEY_MAX. */
static void join(char *out, const char *a, const char *b, const char *c)
{
    out = stpcpy(out, a);
    out = stpcpy(out, b);
    strcpy(out, c);
}

void script_keys_init(struct script_keys *keys, const char *workspace, const char *user)
{
    script_prefix(keys->prefix, ids_partition(workspace, strlen(workspace)));
    join(keys->due, keys->prefix, "due", "");
    join(keys->state, keys->prefix, workspace, ":state");
    join(keys->changed, keys->prefix, workspace, ":changed");
    join(keys->meta, keys->prefix, workspace, ":meta");
    join(keys->channel, keys->prefix, workspace, channel_ending);
    keys->user[0] = '\0';
    if (user) {
        join(keys->user, keys->prefix, workspace, ":u:");
        strcat(keys->user, user);
    }
}

const char *script_channel_workspace(const char *channel, size_t *len)
{
    const char *start = strstr(channel, "}:");
    size_t ending = sizeof channel_ending - 1;

    if (!start)
        return NULL;
    start += 2;
    *len = strlen(start);
    if (*len <= ending || strcmp(start + *len - ending, channel_ending) != 0)
        return NULL;
    *len -= ending;
    return start;
}

struct redis_arg script_text(const char *text)
{
    return (struct redis_arg){text, strlen(text)};
}

struct redis_arg script_int(int64_t number, char *buffer)
{
    return (struct redis_arg){buffer, decimal_write(buffer, number)};
}
