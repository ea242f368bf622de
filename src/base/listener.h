/* SPDX-License-Identifier: ISC */
/*
 * The listening socket: bound by us, or inherited from whoever started us. All workers share it. A Unix socket's file that
 * we made is ours to remove, one that we inherited is not.
 */
#ifndef ROLLCALL_BASE_LISTENER_H
#define ROLLCALL_BASE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct conf;

struct listener {
    int fd;     /* owned: listening, close-on-exec; -1 for none */
    char *path; /* owned: the socket file to remove at the end; NULL for TCP and for what was inherited */
    /* Which file that was, so that another daemon's in its place stays. Inode numbers alone come back at once. */
    dev_t device;
    ino_t inode;
    struct timespec made;
    bool inherited; /* not bound by us: "listen" of the configuration does not count */
};

/*
 * A socket that this process was started with: at descriptor 0 (spawn-fcgi, lighttpd) or, in the way of sd_listen_fds(3), at 3.
 * 1 with LISTENER filled; 0 where there is none; -1 with a sentence in ERROR where one was promised and is no good.
 */
int listener_inherit(struct listener *self, char *error, size_t size);

/*
 * Whether others than the socket's group, or than this machine's programs, can connect to what CONF says to listen on: FastCGI
 * has no password, so they could speak for anyone. If so, a sentence with file and line in WARNING (of SIZE bytes).
 */
bool listener_exposed(const struct conf *conf, char *warning, size_t size);

/*
 * Binds what CONF says and listens. A socket file that is there is replaced if nobody answers on it. One
 * that is exposed is logged. False with a sentence
 * in ERROR, that names file and line, on failure.
 */
bool listener_open(struct listener *self, const struct conf *conf, char *error, size_t size);

/* After a change of the configuration that left "listen" as it was: its mode and backlog. */
void listener_update(const struct listener *self, const struct conf *conf);

/* Closes it; removes the file if it is still ours. */
void listener_close(struct listener *self);

#endif
