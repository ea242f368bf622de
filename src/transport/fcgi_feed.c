/* SPDX-License-Identifier: ISC */
/* See fcgi_feed.h. */
#include "transport/fcgi_feed.h"

#include "base/log.h"

#include <errno.h>
#include <fcgios.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A global, because a descriptor is all that libfcgi tells OS_Read(). */
static struct fcgi_feed *feeding; /* borrowed: between fcgi_feed_start() and _end(); else NULL */

int OS_Read(int fd, char *bytes, size_t len)
{
    struct fcgi_feed *self = feeding;

    if (!self || fd != self->fd)
        return (int)read(fd, bytes, len);
    if (len > self->left)
        len = self->left;
    memcpy(bytes, self->bytes, len);
    self->bytes += len;
    self->left -= len;
    self->direct = true;
    return (int)len;
}

void fcgi_feed_init(struct fcgi_feed *self)
{
    *self = (struct fcgi_feed){.fd = -1};
}

void fcgi_feed_fini(struct fcgi_feed *self)
{
    if (self->fd >= 0)
        close(self->fd);
}

/* Bytes of an earlier request behind them do no harm: libfcgi stops where this one ends. */
static bool write_file(struct fcgi_feed *self, const void *bytes, size_t len)
{
    self->in_file = len;
    return pwrite(self->fd, bytes, len, 0) == (ssize_t)len && lseek(self->fd, 0, SEEK_SET) == 0;
}

bool fcgi_feed_start(struct fcgi_feed *self, const void *bytes, size_t len)
{
    if (self->fd < 0)
        self->fd = memfd_create("fastcgi-request", MFD_CLOEXEC);
    if (self->fd < 0 || (!self->direct && !write_file(self, bytes, len))) {
        log_warn("FastCGI: cannot keep a request in a memory file: %s", strerror(errno));
        return false;
    }
    self->bytes = bytes;
    self->left = len;
    feeding = self;
    return true;
}

void fcgi_feed_end(struct fcgi_feed *self)
{
    feeding = NULL;
    if (self->in_file > FCGI_KEPT_BYTES && self->fd >= 0)
        (void)!ftruncate(self->fd, 0);
    self->in_file = 0;
}
