/* SPDX-License-Identifier: ISC */
/*
 * Proving that both links are able: the password, a master and which, the scripts, the rights. What a link is asked goes
 * out at once; the answers come in the same order. Rights that are missing are gathered, so that all are named at once.
 */
#include "redis/redis_private.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBE_CHANNEL "rollcall:probe"
#define PROBE_KEY     "rollcall:{0}:probe"
static const char probe_script[] = "probe";

void handshake_init(struct handshake *self)
{
    memset(self, 0, sizeof *self);
    buf_init(&self->lacks);
}

void handshake_fini(struct handshake *self)
{
    buf_fini(&self->lacks);
}

/* ---- what is missing ---- */

static void add_lack(struct handshake *self, const char *right)
{
    if (self->lacks.len > 0 && strstr(self->lacks.data, right))
        return;
    if (self->lacks.len > 0)
        buf_add_text(&self->lacks, ", ");
    buf_add_text(&self->lacks, right);
}

/* COMMAND got ERROR: a right that is missing, or the end of this handshake. */
static void failed(struct redis *self, const char *command, const char *error)
{
    char right[128];

    if (fault_denied(error, command, right, sizeof right))
        add_lack(&self->handshake, right);
    else
        redis_lose(self, "%s: %s", command, error);
}

/* ---- asking ---- */

typedef void on_reply_fn(struct redis *self, struct ask *ask, const struct redis_value *reply);

static void ask_for(struct link *link, on_reply_fn *on_reply, size_t index, const char *const *words, size_t count)
{
    struct ask *ask = ask_new(link->redis);

    ask->on_reply = on_reply;
    ask->index = index;
    link->redis->handshake.left++;
    link_ask(link, ask, words, count);
}

#define ASK_FOR(link, on_reply, index, ...)                                                                            \
    ask_for(link, on_reply, index, (const char *const[]){__VA_ARGS__},                                                 \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void probe(struct redis *self);

/* An answer is dealt with; after the last one it is decided. */
static void answered(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    struct handshake *handshake = &self->handshake;

    ask_free(self, ask);
    if (!reply || --handshake->left > 0 || self->state != STATE_PROVING)
        return;
    if (handshake->lacks.len == 0 && !handshake->probing) {
        handshake->probing = true;
        probe(self);
        if (handshake->left > 0)
            return;
    }
    if (handshake->lacks.len > 0)
        redis_lose(self, "the Redis user lacks: %s", handshake->lacks.data);
    else if (strcmp(handshake->replid, handshake->channel_replid) != 0)
        redis_lose(self, "its two connections led to different servers");
    else
        channel_resubscribe(self);
}

/* For what must only not fail; INDEX tells what it was. */
enum { PLAIN_AUTH, PLAIN_SELECT, PLAIN_EVAL, PLAIN_SUBSCRIBE, PLAIN_UNSUBSCRIBE };

static void on_plain(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    static const char *const names[] = {"AUTH", "SELECT", "EVAL", "SUBSCRIBE", "UNSUBSCRIBE"};

    if (reply && reply->error)
        failed(self, names[ask->index], reply->text);
    answered(self, ask, reply);
}

/* For what is only a courtesy. */
static void on_any(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    answered(self, ask, reply);
}

/* ---- a master, and which ---- */

/* The value of NAME in the text of INFO, into OUT. False where it is not there. */
static bool info_get(const char *info, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);
    size_t len;

    for (const char *line = info; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, name_len) != 0 || line[name_len] != ':')
            continue;
        line += name_len + 1;
        len = strcspn(line, "\r\n");
        if (len >= size)
            return false;
        memcpy(out, line, len);
        out[len] = '\0';
        return true;
    }
    return false;
}

/* The master's replication id from the reply to INFO replication into REPLID. False, with redis_lose(), without one. */
static bool take_role(struct redis *self, const struct redis_value *reply, char *replid)
{
    char role[32];
    const char *info = redis_value_text(reply, NULL);

    if (!info || !info_get(info, "role", role, sizeof role) ||
        !info_get(info, "master_replid", replid, REDIS_REPLID + 1)) {
        redis_lose(self, "INFO replication told no role or replication id");
        return false;
    }
    if (strcmp(role, "master") != 0) {
        redis_lose(self, "it is a replica (role %s), and a master is needed", role);
        return false;
    }
    return true;
}

static void on_role(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    struct handshake *handshake = &self->handshake;

    if (reply && reply->error)
        failed(self, "INFO", reply->text);
    else if (reply)
        take_role(self, reply, ask->index == 0 ? handshake->replid : handshake->channel_replid);
    answered(self, ask, reply);
}

static void on_ping(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    char replid[REDIS_REPLID + 1];

    ask_free(self, ask);
    if (!reply)
        return;
    if (reply->error) {
        if (fault_of(reply->text) == FAULT_LOST)
            redis_lose(self, "%s", reply->text);
        return;
    }
    if (take_role(self, reply, replid) && strcmp(replid, self->replid) != 0)
        redis_lose(self, "the master is another one now");
}

void handshake_ping(struct redis *self)
{
    static const char *const words[] = {"INFO", "replication"};
    struct ask *ask = ask_new(self);

    ask->on_reply = on_ping;
    link_ask(&self->command, ask, words, 2);
}

/* ---- what may befall our keys ---- */

static void on_memory(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    char max[32], policy[sizeof self->eviction];
    const char *info = redis_value_text(reply, NULL);
    bool evicts = info && info_get(info, "maxmemory", max, sizeof max) && strcmp(max, "0") != 0 &&
                  info_get(info, "maxmemory_policy", policy, sizeof policy) && strcmp(policy, "noeviction") != 0;

    if (!evicts) {
        self->eviction[0] = '\0';
    } else if (strcmp(self->eviction, policy) != 0) {
        strcpy(self->eviction, policy);
        log_warn(
            "Redis may evict what says who is present: maxmemory is %s and maxmemory-policy %s, where noeviction is "
            "safe",
            max, policy);
    }
    answered(self, ask, reply);
}

/* ---- scripts ---- */

static void on_script(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    if (reply && reply->error)
        failed(self, "SCRIPT LOAD", reply->text);
    else if (reply && !call_set_sha1(self, ask->index, reply))
        redis_lose(self, "SCRIPT LOAD told no SHA-1");
    answered(self, ask, reply);
}

/* One line of the probe's reply: "COMMAND: error". */
static void take_probe_line(struct redis *self, const char *line)
{
    size_t len = strcspn(line, ":");
    char command[32], right[128];

    snprintf(command, sizeof command, "%.*s", (int)len, line);
    if (fault_denied(line + len, command, right, sizeof right))
        add_lack(&self->handshake, right);
    else if (redis_may_log(self))
        /* Such as OOM, which each call will meet with itself; reading goes on. */
        log_warn("Redis refuses %s", line);
}

static void on_probe(struct redis *self, struct ask *ask, const struct redis_value *reply)
{
    if (reply && reply->error)
        failed(self, "EVALSHA", reply->text);
    for (size_t i = 0; i < redis_value_count(reply); i++) {
        const char *line = redis_value_text(redis_value_at(reply, i), NULL);
        if (line)
            take_probe_line(self, line);
    }
    answered(self, ask, reply);
}

static void probe(struct redis *self)
{
    for (size_t i = 0; i < self->script_count; i++)
        if (strcmp(self->scripts[i].name, probe_script) == 0)
            ASK_FOR(&self->command, on_probe, i, "EVALSHA", self->scripts[i].sha1, "1", PROBE_KEY, PROBE_CHANNEL);
}

/* ---- the whole ---- */

static void greet(struct link *link)
{
    const struct conf_redis *conf = link->redis->conf;

    if (conf->password && conf->user)
        ASK_FOR(link, on_plain, PLAIN_AUTH, "AUTH", conf->user, conf->password);
    else if (conf->password)
        ASK_FOR(link, on_plain, PLAIN_AUTH, "AUTH", conf->password);
    ASK_FOR(link, on_any, 0, "CLIENT", "SETNAME", "rollcalld");
    ASK_FOR(link, on_role, link == &link->redis->command ? 0 : 1, "INFO", "replication");
}

void handshake_start(struct redis *self)
{
    char database[16];

    snprintf(database, sizeof database, "%d", self->conf->database);
    greet(&self->command);
    if (self->conf->database != 0)
        ASK_FOR(&self->command, on_plain, PLAIN_SELECT, "SELECT", database);
    ASK_FOR(&self->command, on_memory, 0, "INFO", "memory");
    for (size_t i = 0; i < self->script_count; i++)
        ASK_FOR(&self->command, on_script, i, "SCRIPT", "LOAD", self->scripts[i].text);
    ASK_FOR(&self->command, on_plain, PLAIN_EVAL, "EVAL", "return 1", "0");
    greet(&self->channel);
    ASK_FOR(&self->channel, on_plain, PLAIN_SUBSCRIBE, "SUBSCRIBE", PROBE_CHANNEL);
    ASK_FOR(&self->channel, on_plain, PLAIN_UNSUBSCRIBE, "UNSUBSCRIBE", PROBE_CHANNEL);
}
