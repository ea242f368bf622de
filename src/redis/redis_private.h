/* SPDX-License-Identifier: ISC */
/*
 * What the files of redis.h share and nobody else includes. The files: redis.c (the whole and its state), redis_name.c
 * (where it is), redis_dial.c (which of its addresses answers), link.c (one connection), redis_handshake.c (proving that a
 * connection is able), redis_call.c (scripts), redis_channel.c (subscriptions), redis_value.c (replies), redis_fault.c
 * (what errors mean).
 *
 * hiredis opens sockets and parses replies here. Its asynchronous half is not used: it aborts the process on replies that
 * nobody asked for, loses count of subscriptions, and sets and clears EV_WRITE around every command.
 */
#ifndef ROLLCALL_STORE_REDIS_INTERNAL_H
#define ROLLCALL_STORE_REDIS_INTERNAL_H

#include "base/buf.h"
#include "redis/redis.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <uthash.h>

struct redisContext;
struct redisReader;

enum { REDIS_REASON_MAX = 512, REDIS_REPLID = 40 };

/* What to do when nobody takes a connection: the end of such a sentence. */
#define REDIS_NOT_THERE "; start Redis, or set redis in rollcall.conf to where it is"

/* ---- redis_value.c ---- */

struct redis_value {
    enum redis_type type;
    bool error; /* an error reply: TEXT says which, TYPE is NONE */
    size_t len; /* bytes of TEXT, or how many ITEMS */
    union {
        const char *text;
        int64_t number;
        struct redis_value *items;
    };
};

/* The memory of one reply. It grows by chunks, so that nothing moves while the reply still comes in. */
struct arena {
    struct arena_chunk *chunks; /* owned; the newest first */
    size_t bytes;               /* of this reply, for its cap */
};

void arena_fini(struct arena *self);
/* Forgets the reply; keeps one chunk. */
void arena_reset(struct arena *self);

/* A parser whose replies are struct redis_value in ARENA (borrowed). Freed with redisReaderFree(). */
struct redisReader *value_reader_new(struct arena *arena);

/* Whether VALUE is the text TEXT. */
bool value_is(const struct redis_value *value, const char *text);

/* ---- redis_fault.c ---- */

enum redis_fault {
    FAULT_SCRIPT,   /* the script or its data are to blame */
    FAULT_NOSCRIPT, /* the script has to be sent whole */
    FAULT_REFUSED,  /* Redis cannot do it now */
    FAULT_LOST,     /* nor later: the server may be another one by now, so connect again */
};

/* What an error reply means, wherever in it Redis puts the code. */
enum redis_fault fault_of(const char *error);
/* Whether ERROR says that the user lacks a right; the name of it, if COMMAND was refused, into NAME. */
bool fault_denied(const char *error, const char *command, char *name, size_t size);

/* ---- link.c ---- */

/* One command and what is to be done with its reply. */
struct ask {
    struct ask *next;
    /* Gets the reply, or NULL where none will come. It is the ask's owner from then on: ask_free(), or sends it again. */
    void (*on_reply)(struct redis *self, struct ask *ask, const struct redis_value *reply);
    int64_t asked_us;
    size_t index; /* of the script, or the step of the handshake */
    union {
        redis_reply_fn *done;
        void (*subscribed)(void *ctx, enum redis_result result);
    };
    void *ctx;
    struct buf tail; /* a script's keys and arguments as sent; a channel's name */
    size_t words;    /* of the whole command */
    bool whole;      /* the script was sent as text */
};

struct ask_list {
    struct ask *head;
    struct ask **end;
};

void ask_list_init(struct ask_list *list);
void ask_list_push(struct ask_list *list, struct ask *ask);
struct ask *ask_list_shift(struct ask_list *list); /* NULL: empty */

/* An ask from the pool, with an empty tail; given back with ask_free(). */
struct ask *ask_new(struct redis *self);
void ask_free(struct redis *self, struct ask *ask);

/* A connection. Replies come in the order of commands, but for messages on channels. */
struct link {
    struct redis *redis;          /* borrowed: the owner */
    const char *what;             /* for the log */
    struct redisContext *context; /* owned; NULL: not connected */
    struct redisReader *reader;   /* owned, as long as the context */
    struct arena arena;
    struct event readable, writable;
    struct buf out; /* to be sent, from SENT on */
    size_t sent;
    bool connecting;      /* connect(2) has not succeeded yet */
    int64_t start_us;     /* of connecting */
    int64_t ping_us;      /* when it was last pinged */
    struct ask_list asks; /* sent or in OUT, not answered */
};

void link_init(struct link *link, struct redis *redis, const char *what);
/* Begins to connect. False, with redis_lose() called, where that fails at once. */
bool link_open(struct link *link);
/* Watches for nothing more on LINK. Until the end of the turn, which may be of lower priority, it must not stay readable. */
void link_ignore(struct link *link);
/* Closes and forgets all but the asks, which stay in LINK->asks for the caller to answer. */
void link_close(struct link *link);
void link_fini(struct link *link);

/* Takes ASK as the next to be answered, for a command that was put into LINK->out; it goes out at the end of this turn. */
void link_push(struct link *link, struct ask *ask);
/* Asks for a command made of COUNT texts. */
void link_ask(struct link *link, struct ask *ask, const char *const *texts, size_t count);
/* Sends what there is. */
void link_flush(struct link *link);

/* LEN bytes as a RESP bulk string. */
void resp_bulk(struct buf *out, const char *bytes, size_t len);

/* ---- redis_name.c ---- */

enum { NAME_ADDRESS_MAX = 64, NAME_ADDRESSES = 8 };

struct name {
    int fd; /* from which the answer comes; -1: nobody is asked */
    struct event readable;
    int64_t start_us;                                 /* of waiting for it */
    char addresses[NAME_ADDRESSES][NAME_ADDRESS_MAX]; /* that came, and were not used yet */
    size_t count;                                     /* of them */
};

void name_init(struct name *name);
void name_fini(struct name *name);
/* Finds out where Redis is: dial(), redis_found() or redis_lose(), now or later. */
void name_find(struct redis *self);

/* ---- redis_dial.c ---- */

struct attempt {
    int fd; /* -1: none */
    struct event writable;
    const char *address; /* borrowed: the name's */
};

struct dial {
    struct attempt attempts[NAME_ADDRESSES];
    size_t begun, failed;
    size_t turn;                    /* from which of the addresses on */
    struct event next;              /* when another one is tried beside those under way */
    int error;                      /* of the last that failed */
    char address[NAME_ADDRESS_MAX]; /* of the one that answered; "" before */
};

void dial_init(struct dial *dial, struct redis *self);
/* Tries the name's addresses one after the other: redis_found() with the first that answers, or redis_lose(). */
void dial(struct redis *self);
/* What answered is not fit for us: the next time another address comes first. */
void dial_turn(struct dial *dial);
/* Ends all attempts. Addresses that were tried are looked up again the next time. */
void dial_stop(struct redis *self);

/* ---- the whole ---- */

enum redis_state {
    STATE_WAITING,     /* before the first connect, or backing off */
    STATE_FINDING,     /* an address is being found for its name */
    STATE_PROVING,     /* connecting, and the handshake of both links */
    STATE_SUBSCRIBING, /* both passed: the channels come back */
    STATE_UP,
    STATE_LOSING, /* something went wrong: all is torn down at the end of this turn */
    STATE_CLOSED,
};

struct redis_timing {
    int64_t tick_ms;
    int64_t connect_ms; /* until its name must be resolved, and until connect(2) must have succeeded */
    int64_t ping_ms;    /* between pings */
    int64_t silence_ms; /* until an answer must have come; with ping_ms and tick_ms, 10 s */
    int64_t backoff_min_ms, backoff_max_ms;
};

/* What the handshake learns. */
struct handshake {
    unsigned left;                         /* replies that must come before both links have passed */
    bool probing;                          /* the probe was sent */
    char replid[REDIS_REPLID + 1];         /* of the command link's server; "" before it is known */
    char channel_replid[REDIS_REPLID + 1]; /* of the channel link's */
    struct buf lacks;                      /* rights that are missing, parted by commas */
};

enum { EVALSHA_BYTES = sizeof "$7\r\nEVALSHA\r\n$40\r\n\r\n" - 1 + 40 };

struct prepared_script {
    char evalsha[EVALSHA_BYTES + 1]; /* the command and the script's sha1, as sent */
    bool loading;                    /* SCRIPT LOAD is under way */
};

struct channel; /* redis_channel.c */

struct redis {
    struct event_base *base;          /* borrowed */
    const struct conf_redis *conf;    /* borrowed */
    struct redis_script *scripts;     /* borrowed */
    struct prepared_script *prepared; /* owned, one a script */
    size_t script_count;
    struct redis_events events;
    struct redis_timing timing;
    struct redis_stats stats;
    enum redis_state state;
    struct name name;
    struct dial dial;
    struct link command, channel;
    struct handshake handshake;
    struct channel *channels; /* owned hash: all that are to be subscribed to */
    size_t subscribing;       /* SUBSCRIBEs not answered */
    struct ask_list doomed;   /* to be answered without a reply */
    struct ask *pool;         /* owned: asks to be used again */
    size_t pool_count;
    struct event later, doom, tick, retry;
    bool later_set;
    int64_t now_us; /* when the replies being handled came */
    int64_t up_us;  /* when it came up; 0: never */
    bool was_down;  /* on_down was called, once at least */
    int64_t backoff_ms;
    int64_t logged_us;  /* when a fault was last logged */
    int64_t refused_us; /* when a call was last refused while up; 0: not since a success */
    bool told_down;
    char eviction[32]; /* the policy, if it is one that evicts */
    char replid[REDIS_REPLID + 1];
    char reason[REDIS_REASON_MAX];
    char refusal[REDIS_REASON_MAX];
};

/* Gives up both connections, at the end of this turn, because of what printf says. Does nothing where that is under way. */
void redis_lose(struct redis *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* It is known where Redis is: connects. */
void redis_found(struct redis *self);
/* Has the end of this turn come soon. */
void redis_later(struct redis *self);
/* ASK will be answered without a reply, from the next turn of the loop. */
void redis_doom(struct redis *self, struct ask *ask);
/* Both links have passed and all channels stand. */
void redis_came_up(struct redis *self);
/* Whether another line about a fault may be logged: one a second. */
bool redis_may_log(struct redis *self);

/* ---- redis_handshake.c ---- */

void handshake_init(struct handshake *self);
void handshake_fini(struct handshake *self);
/* Asks for all that proves both links able, behind what connects them. Ends in channel_resubscribe() or redis_lose(). */
void handshake_start(struct redis *self);
/* Asks whether the command link's server is still what it was. */
void handshake_ping(struct redis *self);

/* ---- redis_call.c ---- */

/* Takes SHA1 as Redis gives it for script INDEX. False where it is none. */
bool call_set_sha1(struct redis *self, size_t index, const struct redis_value *sha1);

/* ---- redis_channel.c ---- */

/* Subscribes to all channels; redis_came_up() follows. */
void channel_resubscribe(struct redis *self);
/* Takes REPLY where it is a message on a channel; false where it answers something. */
bool channel_message(struct redis *self, const struct redis_value *reply);
/* Asks whether the channel link still answers. */
void channel_ping(struct redis *self);
void channel_fini(struct redis *self);

#endif
