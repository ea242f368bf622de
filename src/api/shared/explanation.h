/* SPDX-License-Identifier: ISC */
/*
 * Why a user has the status that they have: the sessions and the layers that it follows from, what others see of it,
 * and what changes next; for programs and for people.
 */
#ifndef ROLLCALL_API_SHARED_EXPLANATION_H
#define ROLLCALL_API_SHARED_EXPLANATION_H

#include "api/shared/listing.h"
#include "directory/layer.h"
#include "presence/presence.h"

#include <stdbool.h>

/* All that it follows from; borrowed. */
struct explanation {
    const struct listing *sessions;
    enum status best;                   /* of the live sessions; STATUS_OFFLINE: none is alive */
    const struct presence_reply *reply; /* of presence_own() */
    const struct status_row *row;       /* what was said by hand; rev 0: nothing */
    bool member;
};

/* Appends it as a JSON object. */
void explanation_to_program(const struct explanation *self, struct buf *out);

/* Appends it as sentences and tables. */
void explanation_to_person(const struct explanation *self, struct buf *out);

#endif
