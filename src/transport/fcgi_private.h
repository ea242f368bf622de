/* SPDX-License-Identifier: ISC */
/* The inside of struct fcgi, only for fcgi.c and its tests. What its connections share is fcgi_hub.h. */
#ifndef ROLLCALL_TRANSPORT_FCGI_PRIVATE_H
#define ROLLCALL_TRANSPORT_FCGI_PRIVATE_H

#include "transport/fcgi_conn.h"
#include "transport/wait_queue.h"

struct fcgi {
    struct fcgi_hub hub;
    struct event *accepting; /* owned: the listening socket is readable */
    struct event *watching;  /* owned: the hub's epoll is */
    struct event *tick;      /* owned: time to look at what has a time limit */
    struct event *probing;   /* owned: time to probe some of those whose answer has begun; NULL: never */
    int listen_fd;           /* borrowed */
    struct wait_queue wait_queue;
    unsigned turn; /* connections accepted since this worker went to the end of the queue */
    unsigned wary; /* times to ask before accepting: another worker has lately been faster */
    bool paused;   /* not accepting until the next tick: no descriptors */
    int64_t pause_logged_ms;
};

#endif
