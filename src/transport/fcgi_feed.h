/* SPDX-License-Identifier: ISC */
/*
 * Lets libfcgi read a request from memory. libfcgi knows only descriptors, and reads them with OS_Read() of its
 * <fcgios.h>. It calls that through the dynamic linker, which prefers the program's function of this name: ours, in
 * fcgi_feed.c. If libfcgi was linked so that it keeps to its own (-Bsymbolic), the bytes go through a memory file,
 * which takes three system calls more. The first request goes both ways, and shows which one libfcgi takes.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_FEED_H
#define ROLLCALL_TRANSPORT_FCGI_FEED_H

#include <stdbool.h>
#include <stddef.h>

enum { FCGI_KEPT_BYTES = 65536 }; /* memory that is kept for the next request, in a buffer or the memory file */

struct fcgi_feed {
    int fd;            /* owned: the memory file, from which libfcgi always seems to read; -1 for none */
    bool direct;       /* libfcgi calls our OS_Read() */
    const char *bytes; /* borrowed: what is still to be read */
    size_t left;
    size_t in_file; /* bytes of this request in the memory file; 0 if it is not there */
};

/* With nothing to read. No file is made before the first request. */
void fcgi_feed_init(struct fcgi_feed *self);
/* Closes the file. */
void fcgi_feed_fini(struct fcgi_feed *self);

/*
 * What is read from self->fd is LEN BYTES, until fcgi_feed_end(), which must follow. One feed at a time in a process.
 * If self->fd is closed meanwhile, the caller sets it to -1. False if the system refuses.
 */
bool fcgi_feed_start(struct fcgi_feed *self, const void *bytes, size_t len);
void fcgi_feed_end(struct fcgi_feed *self);

#endif
