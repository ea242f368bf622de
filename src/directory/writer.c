/* SPDX-License-Identifier: ISC */
/* See writer.h. */
#include "directory/writer.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "directory/parts_private.h"
#include "directory/record.h"
#include "directory/tokens.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PRUNE_MS = 600000,
    TELL_US = 4000, /* a fan-out's turn is no shorter */
};

struct job {
    struct list_node node;
    struct writer_job job;
    int64_t since_ms; /* monotonic: when it was handed over */
    enum directory_result result;
    char error[WRITER_ERROR_BYTES];
};

struct writer {
    const char *path; /* borrowed, as the next two */
    const char *url;
    void *commits;
    int wake_fd;                 /* wakes the thread */
    int done_fd;                 /* wakes the loop */
    int stop_fd;                 /* ends the waits of the thread, for good */
    record_events_fn *on_events; /* NULL: nobody is told */
    void *on_events_ctx;
    struct record_events telling; /* the loop's: what it has taken and not told yet */
    struct writer_state state;    /* of both */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t ended_changed;
    struct list_node waiting, finished;
    size_t waiting_count;
    struct record_events events; /* that the loop has not taken yet */
    bool stopping, ended;

    struct directory *directory; /* the thread's, as what follows; NULL until it can be opened */
    int64_t look_due_ms, lead_due_ms, prune_due_ms;
    bool leads;
};

/* ---- in the thread ---- */

static void note(struct writer *self, enum directory_result result, const char *error)
{
    writer_state_note(&self->state, result, error, clock_wall_ms());
}

static bool open_directory(struct writer *self)
{
    char error[WRITER_ERROR_BYTES];
    if (self->directory)
        return true;
    self->directory = directory_open_record(self->path, self->url, error, sizeof error);
    if (!self->directory) {
        note(self, DIRECTORY_BROKEN, error);
        return false;
    }
    directory_share(self->directory, self->commits);
    record_stop_at(self->directory->record, self->stop_fd);
    record_watch(self->directory->record, &self->state.watch);
    return true;
}

static void look(struct writer *self)
{
    struct record *record = self->directory->record;
    enum directory_result result = record_follow(record);
    note(self, result, record_error(record));
    self->look_due_ms = clock_mono_ms() + (result == DIRECTORY_OK ? WRITER_LOOK_MS : WRITER_RETRY_MS);
}

/* Whether this became the one that is told: it may have missed a commit before. */
static bool lead(struct writer *self, int64_t now_ms)
{
    if (self->leads || now_ms < self->lead_due_ms)
        return false;
    self->lead_due_ms = now_ms + WRITER_LEAD_MS;
    self->leads = record_lead(self->directory->record);
    return self->leads;
}

static void prune(struct writer *self, int64_t now_ms)
{
    if (!self->leads || now_ms < self->prune_due_ms)
        return;
    self->prune_due_ms = now_ms + PRUNE_MS;
    record_prune(self->directory->record);
}

static struct job *take_job(struct writer *self)
{
    struct job *job = NULL;
    pthread_mutex_lock(&self->lock);
    if (!list_empty(&self->waiting) && !self->stopping) {
        job = LIST_OWNER(self->waiting.next, struct job, node);
        list_remove(&job->node);
        self->waiting_count--;
    }
    pthread_mutex_unlock(&self->lock);
    return job;
}

static void give_back(struct writer *self, struct job *job)
{
    pthread_mutex_lock(&self->lock);
    list_append(&self->finished, &job->node);
    pthread_mutex_unlock(&self->lock);
    eventfd_write(self->done_fd, 1);
}

/* Of those that wait, the ones that have done so for long enough end as the one did that just failed. */
static void refuse_late(struct writer *self, enum directory_result result)
{
    int64_t latest_ms = clock_mono_ms() - WRITER_PATIENCE_MS;
    pthread_mutex_lock(&self->lock);
    while (!list_empty(&self->waiting)) {
        struct job *job = LIST_OWNER(self->waiting.next, struct job, node);
        if (job->since_ms > latest_ms)
            break;
        list_remove(&job->node);
        self->waiting_count--;
        job->result = result;
        snprintf(job->error, sizeof job->error, "%s", directory_error(self->directory));
        list_append(&self->finished, &job->node);
    }
    pthread_mutex_unlock(&self->lock);
    eventfd_write(self->done_fd, 1);
}

/* Each would wait as long as the one that failed, one after the other. */
static void run_jobs(struct writer *self)
{
    struct job *job;
    while ((job = take_job(self))) {
        enum directory_result result = job->result = job->job.run(self->directory, job->job.ctx);
        snprintf(job->error, sizeof job->error, "%s", directory_error(self->directory));
        writer_state_note_write(&self->state, result, job->error, clock_wall_ms());
        if (result == DIRECTORY_AWAY)
            self->look_due_ms = 0;
        give_back(self, job);
        if (result == DIRECTORY_AWAY || result == DIRECTORY_BUSY)
            refuse_late(self, result);
    }
}

/* What jobs and looks found in the log. */
static void give_events(struct writer *self)
{
    struct record_events events = {0};
    record_take_events(self->directory->record, &events);
    if (events.count == 0)
        return;
    pthread_mutex_lock(&self->lock);
    record_events_take(&self->events, &events);
    pthread_mutex_unlock(&self->lock);
    eventfd_write(self->done_fd, 1);
}

static bool is_stopping(struct writer *self)
{
    pthread_mutex_lock(&self->lock);
    bool stopping = self->stopping;
    pthread_mutex_unlock(&self->lock);
    return stopping;
}

/* Until a job or news come, or something is due. Returns whether news have come. */
static bool wait_for_work(struct writer *self)
{
    int64_t due_ms = self->look_due_ms;
    /* News that came with the answer to a statement were read with it: the socket has no more to say of them. */
    if (record_fd(self->directory->record) >= 0 && record_has_news(self->directory->record))
        return true;
    if (!self->leads && self->lead_due_ms < due_ms)
        due_ms = self->lead_due_ms;
    int64_t left_ms = due_ms - clock_mono_ms();
    struct pollfd fds[2] = {{.fd = self->wake_fd, .events = POLLIN},
                            {.fd = record_fd(self->directory->record), .events = POLLIN}};
    if (poll(fds, 2, left_ms > 0 ? (int)left_ms : 0) <= 0)
        return false;
    if (fds[0].revents)
        eventfd_read(self->wake_fd, &(eventfd_t){0});
    return fds[1].revents && record_has_news(self->directory->record);
}

static void turn(struct writer *self)
{
    bool has_news = wait_for_work(self);
    run_jobs(self);
    int64_t now_ms = clock_mono_ms();
    if (lead(self, now_ms) || has_news || now_ms >= self->look_due_ms)
        look(self);
    give_events(self);
    prune(self, now_ms);
}

static void *work(void *ctx)
{
    struct writer *self = ctx;
    while (!is_stopping(self)) {
        if (open_directory(self))
            turn(self);
        else
            poll(&(struct pollfd){.fd = self->stop_fd, .events = POLLIN}, 1, WRITER_RETRY_MS);
    }
    directory_close(self->directory);
    pthread_mutex_lock(&self->lock);
    self->ended = true;
    pthread_cond_signal(&self->ended_changed);
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* ---- in the loop ---- */

/* False with the reason in errno. */
static bool open_fds(struct writer *self)
{
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return self->wake_fd >= 0 && self->done_fd >= 0 && self->stop_fd >= 0;
}

struct writer *writer_new(const char *path, const char *url, void *commits, char *error, size_t size)
{
    struct writer *self = mem_new(sizeof *self);
    self->path = path;
    self->url = url;
    self->commits = commits;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->ended_changed, NULL);
    writer_state_init(&self->state);
    list_init(&self->waiting);
    list_init(&self->finished);
    int failed = open_fds(self) ? thread_start(work, self) : errno;
    if (failed == 0)
        return self;
    snprintf(error, size, "cannot start a thread for the record: %s", strerror(failed));
    self->ended = true;
    writer_free(self);
    return NULL;
}

/* Jobs that the thread did not come to are finished too. */
static void stop(struct writer *self)
{
    pthread_mutex_lock(&self->lock);
    self->stopping = true;
    eventfd_write(self->wake_fd, 1);
    eventfd_write(self->stop_fd, 1);
    while (!self->ended)
        pthread_cond_wait(&self->ended_changed, &self->lock);
    for (struct list_node *at = self->waiting.next; at != &self->waiting; at = at->next)
        LIST_OWNER(at, struct job, node)->result = DIRECTORY_AWAY;
    list_append_all(&self->finished, &self->waiting);
    pthread_mutex_unlock(&self->lock);
}

void writer_free(struct writer *self)
{
    if (!self)
        return;
    stop(self);
    writer_finish(self);
    record_events_clear(&self->events);
    record_events_clear(&self->telling);
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->ended_changed);
    writer_state_fini(&self->state);
    close(self->wake_fd);
    close(self->done_fd);
    close(self->stop_fd);
    free(self);
}

bool writer_submit(struct writer *self, const struct writer_job *job)
{
    struct job *entry = mem_new(sizeof *entry);
    entry->job = *job;
    entry->since_ms = clock_mono_ms();
    list_init(&entry->node);
    pthread_mutex_lock(&self->lock);
    bool has_room = self->waiting_count < LIMIT_WRITES_WAITING;
    if (has_room)
        list_append(&self->waiting, &entry->node);
    self->waiting_count += has_room;
    pthread_mutex_unlock(&self->lock);
    if (has_room)
        eventfd_write(self->wake_fd, 1);
    else
        free(entry);
    return has_room;
}

static enum directory_result run_use(struct directory *directory, void *ctx)
{
    return directory_touch_token(directory, *(const int64_t *)ctx);
}

static void finish_use(void *ctx, enum directory_result result, const char *error)
{
    (void)result;
    (void)error;
    free(ctx);
}

void writer_note_use(void *ctx, int64_t token)
{
    int64_t *id = mem_new(sizeof *id);
    *id = token;
    if (!writer_submit(ctx, &(struct writer_job){run_use, finish_use, id}))
        free(id);
}

int writer_fd(const struct writer *self)
{
    return self->done_fd;
}

void writer_on_events(struct writer *self, record_events_fn *fn, void *ctx)
{
    self->on_events = fn;
    self->on_events_ctx = ctx;
}

/* What is left has its turn after everything else that is due. */
static void tell(struct writer *self)
{
    if (!self->on_events)
        record_events_clear(&self->telling);
    else if (record_events_tell(&self->telling, self->on_events, self->on_events_ctx, clock_mono_us() + TELL_US))
        eventfd_write(self->done_fd, 1);
}

void writer_finish(struct writer *self)
{
    struct list_node finished;
    list_init(&finished);
    eventfd_read(self->done_fd, &(eventfd_t){0});
    pthread_mutex_lock(&self->lock);
    list_append_all(&finished, &self->finished);
    record_events_take(&self->telling, &self->events);
    pthread_mutex_unlock(&self->lock);
    tell(self);
    while (!list_empty(&finished)) {
        struct job *job = LIST_OWNER(finished.next, struct job, node);
        list_remove(&job->node);
        job->job.done(job->job.ctx, job->result, job->error);
        free(job);
    }
}

void writer_wrong(struct writer *self, char *out)
{
    writer_state_sentence(&self->state, out, clock_wall_ms());
}

void writer_figures(struct writer *self, struct writer_figures *out)
{
    writer_state_figures(&self->state, out, clock_wall_ms());
}
