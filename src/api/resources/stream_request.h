/* SPDX-License-Identifier: ISC */
/*
 * What a poll asks for, from the query of a GET or the body of a POST. It lives with its exchange until it is replied
 * to or parked.
 */
#ifndef ROLLCALL_API_RESOURCES_STREAM_REQUEST_H
#define ROLLCALL_API_RESOURCES_STREAM_REQUEST_H

#include "base/ids.h"
#include "http/exchange.h"
#include "http/json.h"
#include "view/cursor.h"
#include "view/reading.h"
#include "view/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view;

struct stream_request {
    struct exchange *exchange; /* borrowed: owns this */
    struct cursor since;
    bool has_since;
    bool unknown_since; /* a cursor that is not ours: treated as one that cannot be continued */
    bool events;        /* the answer is to be a stream of events */
    bool coded;         /* with Content-Encoding: identity */
    bool is_beat;       /* it has a session */
    char session[IDS_SESSION_MAX + 1];
    enum status status; /* STATUS_OFFLINE: as before */
    int64_t n;          /* the client's count; -1: none */
    int64_t wait_s;
    size_t limit;
    char **users;  /* owned, as is each element: the users to follow */
    size_t count;  /* 0: everyone */
    char **places; /* owned, as is each element: of which places it wants to be told; see place_params_watched() */
    size_t place_count;
    char *places_told; /* owned; what its cursor says of places; NULL: nothing */
    /* What follows when they were read, if it has to wait for that. */
    void (*on_places)(void *request, struct view *view);
    bool places_read;         /* what is known of them is up to date, as far as it can be */
    struct place_wants wants; /* the same places; its texts are those of the request */
    struct reading *reading;  /* owned while it is answered or parked; NULL: it asks for none */
    int64_t beat;             /* the number that its beat left with the session */
    int64_t waited_ms;        /* if a proxy sent it again: how long it has waited already */
    bool told;                /* another worker is told of it, and it must know before this is answered */
    struct blob *body;        /* owned: the answer that waits for that */
    bool again;               /* it has the number of the poll before it: Redis was not asked */
    bool counts;              /* it asks for the counts */
    bool has_news;            /* after its cursor */
    bool has_counts;          /* the same of counts */
    int64_t own_rev;          /* of what the caller says by hand */
    bool own_news;            /* its cursor has not read that */
    int64_t revision;         /* the directory's, when the caller's right was checked */
};

/* An empty request, owned by EXCHANGE. */
struct stream_request *stream_request_new(struct exchange *exchange);

/* Reads the query. If it breaks a rule, replies 400, frees SELF and returns false. */
bool stream_request_read_query(struct stream_request *self);

/* The same for a body. */
bool stream_request_read_json(struct stream_request *self, const struct json *json);

#endif
