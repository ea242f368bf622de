/* SPDX-License-Identifier: ISC */
/* What the tests of parked polls share: a view and a set, wired as a worker does it, with a clock that tests move. */
#ifndef ROLLCALL_TESTS_PARKED_FIXTURE_H
#define ROLLCALL_TESTS_PARKED_FIXTURE_H

#include "view/parked.h"
#include "view_fixture.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { T0 = 1000000, HOUR_MS = 3600000 };

struct fixture {
    struct view *view;
    struct parked_set *set;
    int64_t now_ms;
    char line[512];    /* who was told, as each test writes it with say() */
    size_t woken;      /* how many were */
    struct woken last; /* the last one of them */
    bool holds;        /* streams are to be full from the next event on */
};

/* Adds "<user><WHAT> " to the line, as long as it fits. */
static inline void say(struct fixture *self, const struct woken *woken, const char *what)
{
    size_t len = strlen(self->line);
    self->woken++;
    self->last = *woken;
    (void)snprintf(self->line + len, sizeof self->line - len, "%.*s%s ", (int)woken->user_len, woken->user, what);
}

static inline void on_change(void *ctx, const struct view_entry *entry)
{
    struct fixture *self = ctx;
    parked_changed(self->set, self->view, entry, self->now_ms * 1000);
}

/* A set-up at T0, in which polls are woken by CALLS. */
static inline int set_up_with(void **state, const struct parked_calls *calls)
{
    struct fixture *self = calloc(1, sizeof *self);
    if (!self)
        return -1;
    self->view = new_view();
    self->set = parked_new(calls, self);
    self->now_ms = T0;
    view_on_change(self->view, on_change, self);
    *state = self;
    return 0;
}

/* Runs at NOW_MS until nothing is due, in portions of three. Only what is told now is counted and stays in the line. */
static inline void run_at(struct fixture *self, int64_t now_ms)
{
    self->now_ms = now_ms;
    self->woken = 0;
    self->line[0] = '\0';
    while (parked_run(self->set, now_ms, 3)) {
    }
}

/* Ends all polls, as if the worker stopped. */
static inline void end_all(struct fixture *self)
{
    parked_end_all(self->set, WAKE_DRAIN);
    run_at(self, self->now_ms);
}

static inline int tear_down(void **state)
{
    struct fixture *self = *state;
    end_all(self);
    assert(parked_count(self->set) == 0 && parked_stream_count(self->set) == 0);
    parked_forget_view(self->set, self->view);
    parked_free(self->set);
    view_free(self->view);
    free(self);
    return 0;
}

#endif
