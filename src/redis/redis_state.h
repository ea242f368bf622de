/* SPDX-License-Identifier: ISC */
/*
 * What the files that implement redis.h share: the two connections and the state that they are in together.
 *
 *     waiting --retry--> finding --found--> proving --both passed--> subscribing --all confirmed--> up
 *        ^                  |                  |                         |                          |
 *        +---- back-off ----+---------------- losing <-------------------+--------------------------+
 *
 * Here are the steps that any of the files may cause. Nothing is torn down, and no request answered, from within the
 * code that noticed the fault or made the request: both wait for the loop.
 */
#ifndef ROLLCALL_REDIS_STATE_H
#define ROLLCALL_REDIS_STATE_H

#include "redis/redis.h"
#include "redis/redis_conn.h"
#include "redis/redis_find.h"
#include "redis/redis_masters.h"
#include "redis/redis_trust.h"

#include <event2/event_struct.h>

enum { REDIS_REASON_MAX = 512, REDIS_REPLID = 40 };

enum redis_state {
    STATE_WAITING,     /* before the first connect, or backing off */
    STATE_FINDING,     /* its name is being looked up, or its addresses are tried */
    STATE_PROVING,     /* connecting, and the handshake of both connections */
    STATE_SUBSCRIBING, /* both passed: the channels are subscribed to again */
    STATE_UP,
    STATE_LOSING, /* something failed: everything is torn down at the end of this turn */
    STATE_CLOSED,
};

struct redis_timing {
    int64_t tick_ms;
    int64_t connect_ms; /* until its address must be found, and until connect(2) must have succeeded */
    int64_t ping_ms;    /* between pings */
    int64_t silence_ms; /* until an answer must have come; with ping_ms and tick_ms, 10 s */
    int64_t backoff_min_ms, backoff_max_ms;
};

enum redis_handshake_stage {
    HANDSHAKE_GREETING, /* who is calling, and which server this is */
    HANDSHAKE_LOADING,  /* scripts, and the other commands that a worker needs */
    HANDSHAKE_PROBING,  /* what a script may do; not if rights are known to be missing */
};

/* What the handshake learns. */
struct redis_handshake {
    enum redis_handshake_stage stage;
    unsigned left;                         /* replies that must come before the stage is over */
    char replid[REDIS_REPLID + 1];         /* of the command connection's server; "" before it is known */
    char channel_replid[REDIS_REPLID + 1]; /* of the channel connection's */
    struct buf lacks;                      /* missing rights, separated by commas */
    struct buf unknown;                    /* the same of commands that Redis does not know */
};

enum { REDIS_EVALSHA_BYTES = sizeof "$7\r\nEVALSHA\r\n$40\r\n\r\n" - 1 + 40 };

struct redis_prepared {
    char evalsha[REDIS_EVALSHA_BYTES + 1]; /* the command and the script's sha1, as sent */
    bool loading;                          /* SCRIPT LOAD is under way */
};

struct redis_channel; /* redis_channel.c */
struct redis_sentinels;

struct redis {
    struct event_base *base;         /* borrowed */
    const struct conf_redis *conf;   /* borrowed */
    struct redis_script *scripts;    /* borrowed */
    struct redis_prepared *prepared; /* owned, one a script */
    size_t script_count;
    struct redis_events events;
    struct redis_timing timing;
    struct redis_stats own_stats;
    struct redis_stats *stats; /* borrowed, or its own */
    struct redis_node *node;   /* borrowed, of these: the server that is used, or tried; NULL: none yet, or a scout */
    bool counted;              /* as up, of that node */
    bool unwritable;           /* it refused the latest attempt to write; counted as refusing, of that node */
    enum redis_state state;
    struct ssl_ctx_st *trust;          /* owned; NULL: without TLS, or its files cannot be used yet */
    bool clustered;                    /* it is one server of a cluster */
    bool scouting;                     /* it only asks which server has which partition */
    bool answered;                     /* it has been */
    bool asking;                       /* for the slots */
    uint64_t partitions;               /* of a cluster: those that it has, a bit for each */
    uint8_t probed;                    /* of a cluster: the partition with which it is tried, or one before it */
    struct redis_sentinels *sentinels; /* owned; NULL: Redis is where the configuration says */
    struct redis_master master;        /* what the sentinels say, as it was last tried */
    const char *host;                  /* where it is looked for; NULL: at a socket, or the sentinels have not said */
    int port;
    struct redis_find find;
    struct redis_conn command, channel;
    struct redis_handshake handshake;
    struct redis_channel *channels;    /* owned hash: all that are to be subscribed to */
    size_t subscribing;                /* SUBSCRIBEs not answered */
    struct redis_request_list failing; /* to be answered without a reply */
    struct redis_request_pool pool;
    struct event fail, lost, tick, retry;
    int64_t up_us; /* when it came up; 0: never */
    int64_t backoff_ms;
    bool hurrying;      /* the next attempt does not wait */
    int64_t logged_us;  /* when a fault was last logged */
    int64_t refused_us; /* when a call was last refused while up; 0: not since a success */
    bool was_down;      /* on_down was called, once at least */
    bool told_down;     /* on_down was called since it was last up */
    char eviction[32];  /* the policy, if it is one that evicts */
    char replid[REDIS_REPLID + 1];
    char reason[REDIS_REASON_MAX];
    char refusal[REDIS_REASON_MAX];
};

/* Whether it is waiting, losing or closed: there are no connections, or they are of no more use. */
bool redis_is_down(const struct redis *self);

/* Gives up both connections at the end of this turn; printf's text says why. Does nothing if it is down already. */
void redis_lose(struct redis *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* It is known that the next attempt to connect will do better: it is made at once, or right after redis_lose(). */
void redis_hurry(struct redis *self);

/* Both connections are proved able and all channels are subscribed to: it is up. */
void redis_came_up(struct redis *self);

/* It is about to connect to another server: that is the one whose calls are counted from now on. */
void redis_use_node(struct redis *self);

/* It is not connected to its node any more, and not known to refuse anything. Does nothing if it was not. */
void redis_leave_node(struct redis *self);

/* Keeps for redis_reason() that it DOES ("refuses") what it answered with ERROR. */
void redis_note_refusal(struct redis *self, const char *does, const char *error);

/* Answers REQUEST, which it takes, without a reply in the next turn of the loop. */
void redis_fail_later(struct redis *self, struct redis_request *request);

/* Answers without a reply all requests that are to fail. Those that are added meanwhile wait for the next time. */
void redis_fail_all(struct redis *self);

/* Whether a fault may be logged now: at most once a second, whatever fails. */
bool redis_may_log(struct redis *self);

#endif
