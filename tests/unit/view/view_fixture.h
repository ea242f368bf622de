/* SPDX-License-Identifier: ISC */
/* What the tests of the view share: a view with an epoch, and short ways to change it. */
#ifndef ROLLCALL_TESTS_VIEW_FIXTURE_H
#define ROLLCALL_TESTS_VIEW_FIXTURE_H

#include "view/view.h"

#include <string.h>

#define EPOCH       "0123456789abcdef"
#define OTHER_EPOCH "fedcba9876543210"
#define ROSTER      "\1"

/* An empty view of EPOCH, ready, in which everyone is told when others were last seen. */
static inline struct view *new_view(void)
{
    struct view *view = view_new("team");
    view_begin(view, EPOCH, 0);
    view_set_last_seen(view, SEEN_EXACT);
    view_set_ready(view, true);
    return view;
}

/* A change of KEY at SEQ and at 1000 + SEQ ms. */
static inline struct change change_at(int64_t seq, const char *key, enum status status)
{
    return (struct change){
        .key = key,
        .key_len = strlen(key),
        .seq = seq,
        .since_ms = 1000 + seq,
        .status = status,
        .why = status == STATUS_OFFLINE ? WHY_LEAVE : WHY_BEAT,
    };
}

/* The next change, of KEY. */
static inline void set_status(struct view *view, const char *key, enum status status)
{
    struct change change = change_at(view_head(view) + 1, key, status);
    (void)view_apply(view, &change);
}

static inline void set_mark(struct view *view, const char *key)
{
    set_status(view, key, STATUS_OFFLINE);
}

#endif
