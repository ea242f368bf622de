/* SPDX-License-Identifier: ISC */
/* See notice.h. A notice goes a portion after the other, the last users first; what is left of it is what is still to be sent. */
#include "api/notice.h"

#include "api/service.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "presence/presence.h"
#include "store/redis.h"

#include <stdlib.h>
#include <string.h>

struct notice {
    struct service *service; /* borrowed: outlives all notices */
    char *workspace;         /* owned */
    bool roster;
    char **users; /* owned, each too */
    size_t count;
    size_t portion;          /* users in the call under way */
    void (*done)(void *ctx); /* NULL once it was called */
    void *ctx;
    struct notice *next; /* in a list */
};

struct notice *notice_new(struct service *service, const char *workspace)
{
    struct notice *self = mem_new(sizeof *self);

    self->service = service;
    self->workspace = mem_text(workspace);
    return self;
}

void notice_free(struct notice *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        free(self->users[i]);
    free(self->users);
    free(self->workspace);
    free(self);
}

/* ---- whom it concerns ---- */

void notice_add_roster(struct notice *self)
{
    self->roster = true;
}

void notice_add_user(void *ctx, const char *user)
{
    struct notice *self = ctx;

    if ((self->count & (self->count - 1)) == 0) /* full at each power of two */
        self->users = mem_resize(self->users, self->count > 0 ? self->count * 2 : 1, sizeof *self->users);
    self->users[self->count++] = mem_text(user);
}

void notice_add_participants(void *ctx, const struct dm_row *row)
{
    for (size_t i = 0; i < row->participant_count; i++)
        notice_add_user(ctx, row->participants[i].user);
}

void notice_add_partners(struct notice *self, const char *const *users, size_t count)
{
    struct directory *directory = self->service->directory;

    if (count > 0 &&
        directory_each_partner(directory, self->workspace, users, count, notice_add_user, self) != DIRECTORY_OK)
        log_warn("some participants of conversations are not told of a change: %s", directory_error(directory));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void drop_doubles(struct notice *self)
{
    size_t kept = 0;

    if (self->count > 0)
        qsort(self->users, self->count, sizeof *self->users, by_text);
    for (size_t i = 0; i < self->count; i++) {
        if (kept > 0 && strcmp(self->users[kept - 1], self->users[i]) == 0)
            free(self->users[i]);
        else
            self->users[kept++] = self->users[i];
    }
    self->count = kept;
}

/* ---- what could not be sent ---- */

static size_t marks_of(const struct notice *notice)
{
    return notice->count + (notice->roster ? 1 : 0);
}

static struct notice *take_first(struct notice_list *list)
{
    struct notice *notice = list->first;

    if (!notice)
        return NULL;
    list->first = notice->next;
    if (!list->first)
        list->last = NULL;
    list->marks -= marks_of(notice);
    notice->next = NULL;
    return notice;
}

static void keep(struct notice_list *list, struct notice *notice)
{
    if (list->last)
        list->last->next = notice;
    else
        list->first = notice;
    list->last = notice;
    list->marks += marks_of(notice);
    while (list->marks > LIMIT_UNTOLD_MARKS) {
        log_warn("Redis is away for too long: open pages are not told of a change of workspace %s; reload them",
                 list->first->workspace);
        notice_free(take_first(list));
    }
}

void notices_fini(struct notice_list *list)
{
    while (list->first)
        notice_free(take_first(list));
}

/* ---- sending ---- */

static void send_portion(struct notice *self);

static void tell_done(struct notice *self)
{
    void (*done)(void *ctx) = self->done;

    self->done = NULL;
    if (done)
        done(self->ctx);
}

static void on_marked(void *ctx, const struct presence_reply *reply)
{
    struct notice *self = ctx;

    if (reply->result != PRESENCE_OK) {
        tell_done(self);
        keep(&self->service->untold, self);
        return;
    }
    self->roster = false;
    for (; self->portion > 0; self->portion--)
        free(self->users[--self->count]);
    send_portion(self);
}

static void send_portion(struct notice *self)
{
    struct presence_marks marks = {.roster = self->roster};

    if (marks_of(self) == 0) {
        tell_done(self);
        notice_free(self);
        return;
    }
    self->portion = self->count < LIMIT_MARK_BATCH ? self->count : LIMIT_MARK_BATCH;
    if (self->portion > 0)
        marks.users = (const char *const *)self->users + self->count - self->portion;
    marks.count = self->portion;
    presence_mark(self->service->presence, self->workspace, &marks, on_marked, self);
}

void notice_send(struct notice *self, void (*done)(void *ctx), void *ctx)
{
    self->done = done;
    self->ctx = ctx;
    drop_doubles(self);
    send_portion(self);
}

/* Each is taken from the list before its answer may put it back, so that one that fails again waits for the next tick. */
void notices_send_again(struct service *service)
{
    struct notice_list due = service->untold;
    struct notice *notice;

    if (!due.first || !redis_up(presence_redis(service->presence)))
        return;
    service->untold = (struct notice_list){0};
    while ((notice = take_first(&due)) != NULL)
        send_portion(notice);
}
