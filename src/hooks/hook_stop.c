/* SPDX-License-Identifier: ISC */
/* See hook_stop.h. */
#include "hooks/hook_stop.h"

#include "base/conf.h"
#include "base/mem.h"
#include "base/thread.h"
#include "directory/record_stop.h"
#include "directory/webhooks.h"
#include "hooks/hook.h"

#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ERROR_BYTES = 768 };

struct hook_stop {
    struct hook_stop_place place;
    int done_fd;         /* the thread wakes the loop */
    int stop_fd;         /* ends the waits of the thread */
    struct event *ended; /* owned: DONE_FD */
    bool busy;

    char *id; /* owned, as the next: the thread's, as what follows, while it is busy */
    char *url;
    enum directory_result result;
    char error[ERROR_BYTES];
};

static void forget(struct hook_stop *self)
{
    free(self->id);
    free(self->url);
    self->id = self->url = NULL;
    self->busy = false;
}

/* In the thread. */
static void *run(void *ctx)
{
    struct hook_stop *self = ctx;
    const struct conf *conf = self->place.conf;
    const struct record_stop stop = {conf->record, conf->database, self->id, self->url, self->stop_fd};
    self->result = record_stop_webhook(&stop, self->error, sizeof self->error);
    eventfd_write(self->done_fd, 1);
    return NULL;
}

/* The next write may begin in DONE. */
static void finish(struct hook_stop *self)
{
    char *id = self->id;
    self->id = NULL;
    forget(self);
    self->place.done(self->place.ctx, id, self->result, self->error);
    free(id);
}

static void on_ended(evutil_socket_t fd, short what, void *ctx)
{
    (void)what;
    eventfd_read(fd, &(eventfd_t){0});
    finish(ctx);
}

struct hook_stop *hook_stop_new(const struct hook_stop_place *place)
{
    struct hook_stop *self = mem_new(sizeof *self);
    self->place = *place;
    self->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->done_fd < 0 || self->stop_fd < 0)
        abort();
    self->ended = event_new(place->base, self->done_fd, EV_READ | EV_PERSIST, on_ended, self);
    event_add(self->ended, NULL);
    return self;
}

void hook_stop_free(struct hook_stop *self)
{
    if (!self)
        return;
    event_free(self->ended);
    eventfd_write(self->stop_fd, 1);
    while (self->busy && poll(&(struct pollfd){.fd = self->done_fd, .events = POLLIN}, 1, -1) < 0)
        continue;
    forget(self);
    close(self->done_fd);
    close(self->stop_fd);
    free(self);
}

bool hook_stop_busy(const struct hook_stop *self)
{
    return self->busy;
}

static void stop_here(struct hook_stop *self)
{
    struct directory *directory = self->place.directory;
    self->result = directory_stop_webhook(directory, self->id, self->url);
    snprintf(self->error, sizeof self->error, "%s", directory_error(directory));
    finish(self);
}

static void stop_at_record(struct hook_stop *self)
{
    int failed = thread_start(run, self);
    if (failed == 0)
        return;
    self->result = DIRECTORY_BUSY;
    snprintf(self->error, sizeof self->error, "cannot start a thread for the record: %s", strerror(failed));
    finish(self);
}

void hook_stop_begin(struct hook_stop *self, const struct hook *hook)
{
    self->busy = true;
    self->id = mem_text(hook->id);
    self->url = mem_text(hook->url);
    if (*self->place.conf->record)
        stop_at_record(self);
    else
        stop_here(self);
}
