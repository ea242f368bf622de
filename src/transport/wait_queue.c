/* SPDX-License-Identifier: ISC */
/* See wait_queue.h. Lines of an epoll's fdinfo are described in proc(5). */
#include "transport/wait_queue.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

/* True, and SELF is filled, if LINE of the fdinfo of EPOLL_FD is about self->fd. */
static bool read_line(struct wait_queue *self, int epoll_fd, const char *line)
{
    int fd;
    unsigned events;
    uint64_t data;

    if (sscanf(line, "tfd: %d events: %x data: %" SCNx64, &fd, &events, &data) != 3 || fd != self->fd)
        return false;
    self->epoll_fd = epoll_fd;
    self->events = events;
    self->data = data;
    return true;
}

static bool read_fdinfo(struct wait_queue *self, const char *name)
{
    char path[64];
    char line[256];
    bool found = false;

    snprintf(path, sizeof path, "/proc/self/fdinfo/%.16s", name);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    while (!found && fgets(line, sizeof line, file))
        found = read_line(self, (int)strtol(name, NULL, 10), line);
    fclose(file);
    return found;
}

void wait_queue_init(struct wait_queue *self, int fd)
{
    DIR *fds = opendir("/proc/self/fdinfo");
    const struct dirent *entry;
    bool found = false;

    *self = (struct wait_queue){.fd = fd, .epoll_fd = -1};
    if (!fds)
        return;
    while (!found && (entry = readdir(fds)))
        found = entry->d_name[0] != '.' && read_fdinfo(self, entry->d_name);
    closedir(fds);
}

static bool add(const struct wait_queue *self, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = self->data};

    return epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, self->fd, &event) == 0;
}

bool wait_queue_join(const struct wait_queue *self)
{
    if (self->epoll_fd < 0)
        return true;
    epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, self->fd, NULL);
    return add(self, (self->events & EPOLLIN) | EPOLLEXCLUSIVE) || add(self, self->events);
}
