/* SPDX-License-Identifier: ISC */
/* What handlers work with: the parts of one worker, put together by worker.c. */
#ifndef ROLLCALL_API_SHARED_SERVICE_H
#define ROLLCALL_API_SHARED_SERVICE_H

#include "api/shared/accounts.h"
#include "api/shared/directory_look.h"
#include "api/shared/metrics.h"
#include "api/shared/notice.h"
#include "base/list.h"
#include "directory/writer.h"
#include "http/exchange.h"

#include <stdbool.h>

struct auth;
struct blob;
struct conf;
struct directory;
struct fcgi;
struct parked_set;
struct presence;

/* The latest page that went to a stream, and its event; owned references, NULL at first. */
struct events_last {
    struct blob *body, *event;
};

struct service {
    const struct conf *conf; /* borrowed, as all here: worker.c owns them and they outlive every exchange */
    struct directory *directory;
    struct writer *writer; /* writes to the record; NULL without a record */
    struct auth *auth;
    struct presence *presence;
    struct parked_set *parked;
    struct accounts *accounts; /* NULL: no limit */
    struct fcgi *fcgi;         /* NULL under CGI */
    struct metrics *metrics;   /* this worker's slot */
    struct metrics_shared *metrics_shared;
    struct exchange_host host;
    struct directory_look directory_look;
    char record_wrong[WRITER_ERROR_BYTES]; /* what is wrong with the record, a sentence with its time; "" if nothing */
    struct events_last events_last;
    struct notice_list untold; /* notices that Redis did not take yet */
    struct list_node changes;  /* what was said by hand and Redis has not answered; in order. See own_change.h */
    /* Called when a poll was parked: its deadline may be the next thing to do. CTX is host.ctx. */
    void (*on_parked)(void *ctx);
    bool draining;    /* polls are answered at once */
    int64_t revision; /* the directory's, when parked polls were last reviewed */
    size_t herd;      /* the most polls that waited since Redis has been away for long; 0: it is not away */
};

/* The service that EXCHANGE belongs to. Outlives it. */
struct service *service_of(const struct exchange *exchange);

/* Once a tick, and before metrics are shown: copies what the other parts count into this worker's slot. */
void service_measure(struct service *self);

/*
 * Once a tick: checks the directory at most once a second and remembers the result for /readyz. Never waits: another
 * process may hold the database for a moment.
 */
void service_look(struct service *self);

#endif
