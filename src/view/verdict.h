/* SPDX-License-Identifier: ISC */
/*
 * Whether an application sends a user a push: what somebody really is, whatever others see, and what follows from it.
 * Pure.
 */
#ifndef ROLLCALL_VIEW_VERDICT_H
#define ROLLCALL_VIEW_VERDICT_H

#include "view/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What a user really is. */
struct truth {
    /* Of their sessions and of what they say by hand; active if they are at a page, unseen or not. */
    enum status status;
    bool invisible;
    bool dnd;             /* they do not want to be disturbed, */
    int64_t dnd_until_ms; /* until then; 0: without an end */
    bool looking;         /* they are at the place that was asked for */
};

enum because { BECAUSE_LOOKING, BECAUSE_DND, BECAUSE_ACTIVE, BECAUSE_AWAY, BECAUSE_OFFLINE };

struct verdict {
    bool push;
    enum because because;
    int64_t until_ms; /* with BECAUSE_DND, when that ends; 0: not known */
};

/*
 * The verdict on TRUTH. The first of these that is so decides: who looks at the conversation sees the message; who does
 * not want to be disturbed is not, offline or not; who is active sees it soon. All others get a push.
 */
struct verdict verdict_of(const struct truth *truth);

/* The name of a reason in JSON: "looking". Static text. */
const char *because_name(enum because because);

#endif
