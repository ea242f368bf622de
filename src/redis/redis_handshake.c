/* SPDX-License-Identifier: ISC */
/*
 * See redis_handshake.h. It has stages: the commands of one go out together, and those of the next when all are
 * answered. Redis closes the connection of a client that sends something as long as a script before AUTH, and closing
 * may lose its answer to that: so greetings go alone.
 */
#include "redis/redis_handshake.h"

#include "base/log.h"
#include "redis/redis_call.h"
#include "redis/redis_channel.h"
#include "redis/redis_member.h"
#include "redis/redis_slots.h"
#include "redis/redis_value_private.h"
#include "redis/redis_writing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBE_CHANNEL "rollcall:probe"
static const char probe_script[] = "probe";

void redis_handshake_init(struct redis_handshake *self)
{
    memset(self, 0, sizeof *self);
    buf_init(&self->lacks);
    buf_init(&self->unknown);
}

void redis_handshake_fini(struct redis_handshake *self)
{
    buf_fini(&self->lacks);
    buf_fini(&self->unknown);
}

/* ---- what is missing ---- */

static bool has_lack(const struct buf *list, const char *right)
{
    const size_t len = strlen(right);

    for (const char *at = list->len > 0 ? strstr(list->data, right) : NULL; at; at = strstr(at + 1, right))
        if (at[len] == ',' || at[len] == '\0')
            return true; /* and not the beginning of a longer one, as +zrem is of +zremrangebyscore */
    return false;
}

static void add_lack(struct buf *list, const char *right)
{
    if (has_lack(list, right))
        return;
    if (list->len > 0)
        buf_add_text(list, ", ");
    buf_add_text(list, right);
}

#define RENAMED "; look for rename-command in Redis's configuration"

/* What to do about ERROR, if it is one of those that tell of the wrong kind of server. */
static const char *advice(const struct redis *self, const char *error)
{
    if (!self->clustered && redis_fault_is_misplaced(redis_fault_of(error)))
        return "; it is part of a Redis Cluster: write redis-cluster:// instead of redis://";
    if (self->clustered && strstr(error, "cluster support disabled"))
        return "; it is not part of a Redis Cluster: write redis:// instead of redis-cluster://";
    if (!redis_fault_is_unknown(error))
        return "";
    return self->clustered ? "; a cluster needs Redis 7.0 or later" : RENAMED;
}

/* COMMAND got ERROR: a right that is missing, or the end of this handshake. */
static void failed(struct redis *self, const char *command, const char *error)
{
    char right[128];

    if (redis_fault_denied(error, command, right, sizeof right))
        add_lack(&self->handshake.lacks, right);
    else if (!redis_misplaced(self, IDS_PARTITIONS, redis_fault_of(error)))
        redis_lose(self, "%s: %s%s", command, error, advice(self, error));
}

/* ---- sending ---- */

struct step {
    redis_on_reply_fn *on_reply;
    size_t index; /* for it */
};

static void send_step(struct redis_conn *conn, struct step step, const char *const *words, size_t count)
{
    struct redis *self = conn->role.owner;
    struct redis_request *request = redis_request_new(&self->pool);

    request->on_reply = step.on_reply;
    request->index = step.index;
    self->handshake.left++;
    redis_conn_send(conn, request, words, count);
}

#define SEND(conn, on_reply, index, ...)                                                                               \
    send_step(conn, (struct step){on_reply, index}, (const char *const[]){__VA_ARGS__},                                \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void load(struct redis *self);
static void probe(struct redis *self);

/* Sends what comes after the stage that is over. False if nothing does. */
static bool send_next_stage(struct redis *self)
{
    struct redis_handshake *handshake = &self->handshake;

    if (self->scouting)
        return false;
    if (handshake->stage == HANDSHAKE_GREETING) {
        handshake->stage = HANDSHAKE_LOADING;
        load(self);
    } else if (handshake->stage == HANDSHAKE_LOADING && handshake->lacks.len == 0) {
        handshake->stage = HANDSHAKE_PROBING;
        probe(self);
    }
    return handshake->left > 0;
}

/* The answer to REQUEST was dealt with. The last one decides. */
static void answered(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    struct redis_handshake *handshake = &self->handshake;

    redis_request_free(&self->pool, request);
    if (!reply || --handshake->left > 0 || self->state != STATE_PROVING || send_next_stage(self))
        return;
    if (handshake->lacks.len > 0)
        redis_lose(self, "the Redis user lacks: %s", handshake->lacks.data);
    else if (handshake->unknown.len > 0)
        redis_lose(self, "Redis does not know these commands: %s" RENAMED, handshake->unknown.data);
    else if (self->scouting)
        redis_scouted(self);
    else if (strcmp(handshake->replid, handshake->channel_replid) != 0)
        redis_lose(self, "its two connections lead to different servers");
    else
        redis_channel_resubscribe(self);
}

/* For commands that only have to succeed; INDEX is which one. */
enum { PLAIN_AUTH, PLAIN_SELECT, PLAIN_EVAL, PLAIN_SUBSCRIBE, PLAIN_UNSUBSCRIBE, PLAIN_SSUBSCRIBE, PLAIN_SUNSUBSCRIBE };

static void on_plain(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    static const char *const names[] = {"AUTH",        "SELECT",     "EVAL",        "SUBSCRIBE",
                                        "UNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE"};

    if (reply && reply->error)
        failed(self, names[request->index], reply->text);
    answered(self, request, reply);
}

/* For commands that may fail. */
static void on_any(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    answered(self, request, reply);
}

/* ---- a master, and which ---- */

/* The value of NAME in the text of INFO, into OUT. False if it is missing or too long. */
static bool info_get(const char *info, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);

    for (const char *line = info; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, name_len) != 0 || line[name_len] != ':')
            continue;
        line += name_len + 1;
        size_t len = strcspn(line, "\r\n");
        if (len >= size)
            return false;
        memcpy(out, line, len);
        out[len] = '\0';
        return true;
    }
    return false;
}

/*
 * The master's replication id, from the reply to INFO replication, into REPLID. False, after redis_lose(), if there is
 * none.
 */
static bool take_role(struct redis *self, const struct redis_value *reply, char *replid)
{
    char role[32];
    const char *info = redis_value_text(reply, NULL);

    if (!info || !info_get(info, "role", role, sizeof role) ||
        !info_get(info, "master_replid", replid, REDIS_REPLID + 1)) {
        redis_lose(self, "INFO replication did not report a role and a replication id; is this Redis?");
        return false;
    }
    if (strcmp(role, "master") != 0) {
        redis_lose(self, "it is a replica (role %s), and Rollcall needs a master", role);
        return false;
    }
    return true;
}

static void on_role(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    struct redis_handshake *handshake = &self->handshake;

    if (reply && reply->error)
        failed(self, "INFO", reply->text);
    else if (reply)
        take_role(self, reply, request->index == 0 ? handshake->replid : handshake->channel_replid);
    answered(self, request, reply);
}

static void on_ping(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    char replid[REDIS_REPLID + 1];

    redis_request_free(&self->pool, request);
    if (!reply)
        return;
    if (reply->error) {
        if (redis_fault_of(reply->text) == FAULT_LOST)
            redis_lose(self, "%s", reply->text);
        return;
    }
    if (take_role(self, reply, replid) && strcmp(replid, self->replid) != 0)
        redis_lose(self, "another server is the master now");
}

void redis_handshake_ping(struct redis *self)
{
    static const char *const words[] = {"INFO", "replication"};
    struct redis_request *request = redis_request_new(&self->pool);

    request->on_reply = on_ping;
    redis_conn_send(&self->command, request, words, 2);
}

/* ---- whether keys may be evicted ---- */

static void on_memory(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    char max[32], policy[sizeof self->eviction];
    const char *info = redis_value_text(reply, NULL);
    bool evicts = info && info_get(info, "maxmemory", max, sizeof max) && strcmp(max, "0") != 0 &&
                  info_get(info, "maxmemory_policy", policy, sizeof policy) && strcmp(policy, "noeviction") != 0;

    if (!evicts) {
        self->eviction[0] = '\0';
    } else if (strcmp(self->eviction, policy) != 0) {
        strcpy(self->eviction, policy);
        log_warn("Redis may evict presence data: maxmemory is %s and maxmemory-policy %s; set the policy to noeviction",
                 max, policy);
    }
    answered(self, request, reply);
}

/* ---- scripts ---- */

static void on_script(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    if (reply && reply->error)
        failed(self, "SCRIPT LOAD", reply->text);
    else if (reply && !redis_call_set_sha1(self, request->index, reply))
        redis_lose(self, "SCRIPT LOAD did not return a SHA-1");
    answered(self, request, reply);
}

/* One line of the probe's reply: "COMMAND: error". */
static void take_probe_line(struct redis *self, const char *line)
{
    size_t len = strcspn(line, ":");
    char command[32], right[128];

    snprintf(command, sizeof command, "%.*s", (int)len, line);
    if (redis_fault_denied(line + len, command, right, sizeof right)) {
        add_lack(&self->handshake.lacks, right);
        return;
    }
    if (redis_fault_is_unknown(line + len)) {
        add_lack(&self->handshake.unknown, command);
        return;
    }
    /* For instance OOM: reading still works. */
    redis_writing_failed(self, line + len + strspn(line + len, ": "), line);
    if (!self->unwritable && !redis_is_down(self) && redis_may_log(self))
        log_warn("Redis refuses %s", line);
}

static void on_probe(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    /* What the probe tries is in its reply. As a whole it fails in a cluster, whose scripts begin with EXISTS. */
    if (reply && reply->error)
        failed(self, redis_fault_denied_in_script(reply->text) ? "EXISTS" : "EVALSHA", reply->text);
    for (size_t i = 0; i < redis_value_count(reply); i++) {
        const char *line = redis_value_text(redis_value_at(reply, i), NULL);
        if (line)
            take_probe_line(self, line);
    }
    answered(self, request, reply);
}

static void probe(struct redis *self)
{
    const struct redis_probe_name name = redis_probe_name(self);
    const char *channel = self->clustered ? name.text : PROBE_CHANNEL;

    for (size_t i = 0; i < self->script_count; i++)
        if (strcmp(self->scripts[i].name, probe_script) == 0)
            SEND(&self->command, on_probe, i, "EVALSHA", self->scripts[i].sha1, "1", name.text, channel);
}

/* ---- the slots of a cluster ---- */

static void on_slots(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    self->asking = false;
    if (reply && reply->error)
        failed(self, "CLUSTER SLOTS", reply->text);
    else if (reply && self->events.on_slots)
        self->events.on_slots(self->events.ctx, reply);
    if (request->index == 1)
        answered(self, request, reply);
    else
        redis_request_free(&self->pool, request);
}

void redis_ask_slots(struct redis *self)
{
    static const char *const words[] = {"CLUSTER", "SLOTS"};

    if (self->state != STATE_UP || self->asking)
        return;
    struct redis_request *request = redis_request_new(&self->pool);
    self->asking = true;
    request->on_reply = on_slots;
    request->index = 0;
    redis_conn_send(&self->command, request, words, 2);
}

/* ---- all of it ---- */

static void greet(struct redis_conn *conn)
{
    const struct redis *self = conn->role.owner;
    const struct conf_redis *conf = self->conf;

    if (conf->password && conf->user)
        SEND(conn, on_plain, PLAIN_AUTH, "AUTH", conf->user, conf->password);
    else if (conf->password)
        SEND(conn, on_plain, PLAIN_AUTH, "AUTH", conf->password);
    SEND(conn, on_any, 0, "CLIENT", "SETNAME", "rollcalld");
    if (self->clustered && conn == &self->command)
        SEND(conn, on_slots, 1, "CLUSTER", "SLOTS");
    if (!self->scouting)
        SEND(conn, on_role, conn == &self->command ? 0 : 1, "INFO", "replication");
}

/* What a worker calls, and subscribes to. */
static void load(struct redis *self)
{
    char database[16];
    const struct redis_probe_name name = redis_probe_name(self);

    snprintf(database, sizeof database, "%d", self->conf->database);
    if (self->conf->database != 0)
        SEND(&self->command, on_plain, PLAIN_SELECT, "SELECT", database);
    SEND(&self->command, on_memory, 0, "INFO", "memory");
    for (size_t i = 0; i < self->script_count; i++)
        SEND(&self->command, on_script, i, "SCRIPT", "LOAD", self->scripts[i].text);
    SEND(&self->command, on_plain, PLAIN_EVAL, "EVAL", "return 1", "0");
    if (self->clustered) {
        SEND(&self->channel, on_plain, PLAIN_SSUBSCRIBE, "SSUBSCRIBE", name.text);
        SEND(&self->channel, on_plain, PLAIN_SUNSUBSCRIBE, "SUNSUBSCRIBE", name.text);
        return;
    }
    SEND(&self->channel, on_plain, PLAIN_SUBSCRIBE, "SUBSCRIBE", PROBE_CHANNEL);
    SEND(&self->channel, on_plain, PLAIN_UNSUBSCRIBE, "UNSUBSCRIBE", PROBE_CHANNEL);
}

void redis_handshake_start(struct redis *self)
{
    greet(&self->command);
    if (!self->scouting)
        greet(&self->channel);
}
