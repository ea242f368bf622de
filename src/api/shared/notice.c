/* SPDX-License-Identifier: ISC */
/* See notice.h. A notice is sent in portions, the last users first. What it still holds is what has not been sent. */
#include "api/shared/notice.h"

#include "api/shared/service.h"
#include "api/shared/users.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "directory/dms.h"
#include "presence/presence.h"
#include "redis/redis_router.h"

#include <stdlib.h>
#include <string.h>

struct notice {
    struct service *service; /* borrowed: outlives all notices */
    char *workspace;         /* owned */
    bool roster;
    char **users; /* owned, as is each element */
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

/* ---- whom to tell ---- */

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
    const struct user_list list = {users, count};

    if (count > 0 && directory_each_partner(directory, self->workspace, &list, notice_add_user, self) != DIRECTORY_OK)
        log_warn(
            "some participants of conversations will not be told of a change, because the directory cannot be read: %s",
            directory_error(directory));
}

static void drop_doubles(struct notice *self)
{
    size_t kept = users_sort_unique((const char **)self->users, self->count);

    for (size_t i = kept; i < self->count; i++)
        free(self->users[i]);
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

static void add_last(struct notice_list *list, struct notice *notice)
{
    if (list->last)
        list->last->next = notice;
    else
        list->first = notice;
    list->last = notice;
}

/* Merges OTHER into SELF and frees OTHER. Both were sent before, so the users of each are sorted. */
static void take_in(struct notice *self, struct notice *other)
{
    char **users = mem_resize(NULL, self->count + other->count + 1, sizeof *users); /* never of size 0 */
    size_t mine = 0, count = 0;

    for (size_t i = 0; i < other->count; i++) {
        while (mine < self->count && strcmp(self->users[mine], other->users[i]) < 0)
            users[count++] = self->users[mine++];
        if (mine < self->count && strcmp(self->users[mine], other->users[i]) == 0)
            free(other->users[i]);
        else
            users[count++] = other->users[i];
    }
    while (mine < self->count)
        users[count++] = self->users[mine++];
    free(self->users);
    self->users = users;
    self->count = count;
    self->roster = self->roster || other->roster;
    other->count = 0; /* they belong to SELF now */
    notice_free(other);
}

/* Keeps one notice for each workspace: however often it changes in the meantime, each user is told once. */
static void keep(struct notice_list *list, struct notice *notice)
{
    struct notice *kept = list->first;

    while (kept && strcmp(kept->workspace, notice->workspace) != 0)
        kept = kept->next;
    if (kept) {
        list->marks -= marks_of(kept);
        take_in(kept, notice);
    } else {
        kept = notice;
        add_last(list, kept);
    }
    list->marks += marks_of(kept);
    while (list->first && list->marks > LIMIT_UNTOLD_MARKS) {
        log_warn("Redis has been unavailable for too long: open pages will not be told of a change in workspace "
                 "%s; reload them",
                 list->first->workspace);
        notice_free(take_first(list));
    }
}

void notices_fini(struct notice_list *list)
{
    if (list->first)
        log_warn(
            "Redis was unavailable to the end: open pages will not be told of a change in workspace %s%s; reload them",
            list->first->workspace, list->first->next ? " and others" : "");
    while (list->first)
        notice_free(take_first(list));
}

/* ---- sending ---- */

static void send_portion(struct notice *self);

/* Sends the oldest that is kept, then the next. */
static void send_first(struct service *service)
{
    struct notice_list *list = &service->untold;

    list->under_way = take_first(list);
    if (list->under_way)
        send_portion(list->under_way);
}

static void tell_done(struct notice *self)
{
    void (*done)(void *ctx) = self->done;

    self->done = NULL;
    if (done)
        done(self->ctx);
}

static void on_sent(struct notice *self)
{
    struct service *service = self->service;
    bool was_kept = self == service->untold.under_way;

    tell_done(self);
    notice_free(self);
    if (was_kept)
        send_first(service);
}

/* Keeps it, last in the list, until the next tick, as the others: the failure may be due to this very notice. */
static void on_refused(struct notice *self)
{
    struct notice_list *list = &self->service->untold;

    if (self == list->under_way)
        list->under_way = NULL;
    tell_done(self);
    keep(list, self);
}

static void on_marked(void *ctx, const struct presence_reply *reply)
{
    struct notice *self = ctx;

    if (reply->result != PRESENCE_OK) {
        on_refused(self);
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
        on_sent(self);
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

void notices_send_again(struct service *service)
{
    if (!service->untold.under_way && redis_router_some_up(presence_redis(service->presence)))
        send_first(service);
}
