/* SPDX-License-Identifier: ISC */
/*
 * The listening socket: bound by us, or inherited from the process that started us. All workers share it. We remove
 * the file of a Unix socket if we created it, not if we inherited it.
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
    char *path; /* owned: the socket file to remove at the end; NULL for TCP and if inherited */
    /* Identify that file, so that another daemon's is not removed. Inode numbers alone are reused at once. */
    dev_t device;
    ino_t inode;
    struct timespec made;
    bool inherited; /* not bound by us, so "listen" of the configuration does not count */
};

/*
 * Takes a socket that this process was started with: at descriptor 0 (spawn-fcgi, lighttpd) or, as with
 * sd_listen_fds(3), at 3. Returns 1 with SELF filled; 0 if there is none; -1 with a sentence in ERROR (of SIZE bytes)
 * if it cannot be used.
 */
int listener_inherit(struct listener *self, char *error, size_t size);

/*
 * Whether the address in CONF is open to others than the socket's group or, with TCP, than programs of this machine.
 * FastCGI has no password, so they could claim to be any user. If so, WARNING (of SIZE bytes) is a sentence with file
 * and line.
 */
bool listener_exposed(const struct conf *conf, char *warning, size_t size);

/*
 * Binds to what CONF says and listens. A socket file that exists is replaced if no process answers on it. Logs a
 * warning if the socket is exposed. On failure returns false, with a sentence in ERROR (of SIZE bytes) that names
 * file and line.
 */
bool listener_open(struct listener *self, const struct conf *conf, char *error, size_t size);

/* Applies listen_mode and backlog of CONF, after a change that left "listen" as it was. */
void listener_update(const struct listener *self, const struct conf *conf);

/* Closes the socket, and removes its file if it is still ours. */
void listener_close(struct listener *self);

#endif
