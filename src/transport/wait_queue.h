/* SPDX-License-Identifier: ISC */
/*
 * A listening socket that several processes wait for: a connection wakes one of them, not all (EPOLLEXCLUSIVE,
 * epoll_ctl(2)). libevent has no option for that, and an epoll inside its epoll would wake all. So the entry in its own
 * epoll is changed. /proc says which epoll that is and what libevent put there.
 */
#ifndef ROLLCALL_TRANSPORT_WAIT_QUEUE_H
#define ROLLCALL_TRANSPORT_WAIT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct wait_queue {
    int fd;       /* borrowed: what is waited for */
    int epoll_fd; /* borrowed: libevent's; -1 if it is not known */
    uint32_t events;
    uint64_t data;
};

/*
 * Finds libevent's epoll by FD, which must have been added to it. Without /proc it cannot be found. Then the other
 * functions do nothing.
 */
void wait_queue_init(struct wait_queue *self, int fd);

/*
 * From now on this process waits for FD with others, and it is the last in their queue: the first that is idle is
 * woken. To be called whenever the event has been added, and again for others to get their turn. The event can be
 * deleted as ever. False if the system refuses: delete the event, and add it later.
 *
 * A process that is woken owes the others an accept: they are not told of what it leaves, until more comes.
 */
bool wait_queue_join(const struct wait_queue *self);

#endif
