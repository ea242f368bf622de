/* SPDX-License-Identifier: ISC */
/*
 * A server that is not quite Redis, on the other end of both connections: each call and subscription is answered once,
 * a message comes only from a channel that was subscribed to, and it is up and down in turn, each with a reason.
 *
 * The input's first section says how many commands are answered as Redis would; each further one is what the next
 * command gets instead, or with '@' before it what the channel connection gets then.
 */
#include "base/log.h"
#include "fuzz.h"
#include "place.h"
#include "redis/redis.h"

#include <event2/event.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <sys/socket.h>
#include <sys/un.h>

#define REPLID  "0123456789012345678901234567890123456789"
#define CHANNEL "rollcall:{0}:acme:changes"

enum { TURNS_MAX = 400, IDLE_MAX = 6, CALLS = 4, SCRIPTS = 2, LINKS = 2 };

/* One of the two connections, as the peer has it. */
struct link {
    int fd;
    redisReader *reader;
};

struct peer {
    int listening;
    struct link links[LINKS]; /* the one for commands first */
    size_t count;
    unsigned long good; /* commands that are still answered well */
    char *rest;         /* of the input */
    bool busy;          /* something came in this turn */
};

enum told { NOTHING, UP, DOWN };

struct notes {
    enum told told; /* last */
    unsigned changes;
    unsigned answered[CALLS + 1];
    struct redis *redis;
};

/* ---- what is told ---- */

static void on_up(void *ctx, const char *replid)
{
    struct notes *notes = ctx;

    insist(notes->told != UP, "it does not come up twice");
    notes->told = UP;
    notes->changes++;
    insist(*replid && strlen(replid) <= 40, "a master has an id");
    insist(redis_up(notes->redis), "it is up");
    insist(redis_refuses(notes->redis) == (*redis_reason(notes->redis) != '\0'), "it has a reason only if it refuses");
}

static void on_down(void *ctx, const char *reason)
{
    struct notes *notes = ctx;

    insist(notes->told != DOWN, "it does not go down twice");
    notes->told = DOWN;
    notes->changes++;
    insist(*reason && !redis_up(notes->redis), "it is down for a reason");
}

static void on_message(void *ctx, const char *channel, const char *bytes, size_t len)
{
    (void)ctx;
    insist(strcmp(channel, CHANNEL) == 0, "a message is of a channel that was asked for");
    insist(bytes[len] == '\0', "a message ends with a NUL");
}

static void on_reply(void *ctx, enum redis_result result, const struct redis_value *value)
{
    insist(++*(unsigned *)ctx == 1, "a call is answered once");
    insist(result == REDIS_OK || !value, "a failure has no value");
}

static void on_subscribed(void *ctx, enum redis_result result)
{
    (void)result;
    insist(++*(unsigned *)ctx == 1, "a subscription is answered once");
}

/* ---- the peer ---- */

static void say(struct link *link, const char *bytes, size_t len)
{
    if (send(link->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return; /* the other side has gone, which it finds out by itself */
}

/* Answers as Redis would. */
static void behave(struct link *link, const redisReply *command)
{
    static const char info[] = "$69\r\nrole:master\r\nmaster_replid:" REPLID "\r\n\r\n";
    const char *word = command->elements > 0 ? command->element[0]->str : "";
    const char *second = command->elements > 1 ? command->element[1]->str : "";
    char text[512];

    if (strcmp(word, "INFO") == 0)
        snprintf(text, sizeof text, "%s", info);
    else if (strcmp(word, "SCRIPT") == 0)
        snprintf(text, sizeof text, "$40\r\n" REPLID "\r\n");
    else if (strstr(word, "SUBSCRIBE"))
        snprintf(text, sizeof text, "*3\r\n+%s\r\n+%s\r\n:1\r\n", *word == 'S' ? "subscribe" : "unsubscribe", second);
    else if (strncmp(word, "EVAL", 4) == 0)
        snprintf(text, sizeof text, ":1\r\n");
    else
        snprintf(text, sizeof text, "+%s\r\n", strcmp(word, "PING") == 0 ? "PONG" : "OK");
    say(link, text, strlen(text));
}

static void answer(struct peer *self, struct link *link, const redisReply *command)
{
    char *section;

    if (self->good > 0 || !self->rest) {
        self->good -= self->good > 0;
        behave(link, command);
        return;
    }
    section = fuzz_section(&self->rest);
    if (*section == '@' && self->count == LINKS)
        say(&self->links[1], section + 1, strlen(section + 1));
    else
        say(link, section, strlen(section));
}

static void hang_up(struct peer *self, size_t i)
{
    redisReaderFree(self->links[i].reader);
    close(self->links[i].fd);
    for (self->count--; i < self->count; i++)
        self->links[i] = self->links[i + 1];
}

/* Reads what LINK I got; false if it was closed. */
static bool listen_to(struct peer *self, size_t i)
{
    char bytes[16384];
    ssize_t len = recv(self->links[i].fd, bytes, sizeof bytes, MSG_DONTWAIT);
    void *command = NULL;

    if (len == 0)
        return false;
    self->busy = self->busy || len > 0;
    if (len > 0)
        redisReaderFeed(self->links[i].reader, bytes, (size_t)len);
    while (redisReaderGetReply(self->links[i].reader, &command) == REDIS_OK && command) {
        answer(self, &self->links[i], command);
        freeReplyObject(command);
    }
    return true;
}

static void attend(struct peer *self)
{
    int fd = self->count < LINKS ? accept4(self->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;

    if (fd >= 0) {
        self->links[self->count++] = (struct link){fd, redisReaderCreate()};
        self->busy = true;
    }
    for (size_t i = 0; i < self->count;)
        if (listen_to(self, i))
            i++;
        else
            hang_up(self, i);
}

/* Connections that nobody accepts any more are those of the input before. */
static void peer_end(struct peer *self)
{
    int fd;

    while (self->count > 0)
        hang_up(self, 0);
    while ((fd = accept4(self->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        close(fd);
}

static void peer_begin(struct peer *self, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    self->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    insist(strlen(path) < sizeof address.sun_path, "the path of the socket is short");
    memcpy(address.sun_path, path, strlen(path));
    insist(bind(self->listening, (const struct sockaddr *)&address, sizeof address) == 0 &&
               listen(self->listening, 16) == 0,
           "the peer listens");
}

/* ---- the other side ---- */

static void turn(struct event_base *base, struct peer *peer)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
    attend(peer);
}

/* Until it has come up or gone down, or both are silent. */
static void run(struct event_base *base, struct peer *peer, const struct notes *notes)
{
    unsigned changes = notes->changes;

    for (int turns = 0, idle = 0; turns < TURNS_MAX && idle < IDLE_MAX; turns++) {
        peer->busy = false;
        turn(base, peer);
        idle = peer->busy ? 0 : idle + 1;
        if (notes->changes != changes)
            return;
    }
}

static void call(struct notes *notes)
{
    static const struct redis_arg arg = {"a", 1};

    for (size_t i = 0; i < CALLS; i++)
        redis_call(notes->redis, &(struct redis_call){i % SCRIPTS, &arg, 1, &arg, 1}, on_reply, &notes->answered[i]);
    redis_subscribe(notes->redis, CHANNEL, on_subscribed, &notes->answered[CALLS]);
}

static void meet(struct event_base *base, struct peer *peer, const struct conf_redis *conf)
{
    struct redis_script scripts[SCRIPTS] = {{.name = "beat", .text = "return 1"},
                                            {.name = "probe", .text = "return {}"}};
    struct notes notes = {.told = NOTHING};
    const struct redis_events events = {.ctx = &notes, .on_up = on_up, .on_down = on_down, .on_message = on_message};

    notes.redis = redis_new(base, conf, scripts, SCRIPTS, &events);
    run(base, peer, &notes);
    call(&notes);
    run(base, peer, &notes);
    redis_unsubscribe(notes.redis, CHANNEL);
    run(base, peer, &notes);
    insist(!redis_up(notes.redis) || notes.told == UP, "what is up was told to be");
    redis_free(notes.redis);
    for (size_t i = 0; i <= CALLS; i++)
        insist(notes.answered[i] == 1, "every call is answered");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct peer peer;
    static char path[PLACE_PATH_MAX];
    static struct event_base *base;
    struct conf_redis conf = {.unix_path = path};
    char *text = fuzz_text(data, size);

    if (!base) {
        log_set_level(LOG_LEVEL_ERROR);
        base = event_base_new();
        event_base_priority_init(base, 2);
        peer_begin(&peer, place_path(path, "redis.sock"));
    }
    peer.rest = text;
    peer.good = strtoul(fuzz_section(&peer.rest), NULL, 10);
    meet(base, &peer, &conf);
    peer_end(&peer);
    free(text);
    return 0;
}
