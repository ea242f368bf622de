/* SPDX-License-Identifier: ISC */
/* What users say by hand, as Redis gets it: read in the directory, and sent. See presence_say(). */
#ifndef ROLLCALL_PRESENCE_SAYS_H
#define ROLLCALL_PRESENCE_SAYS_H

#include "presence/pending.h"

#include "base/buf.h"

struct status_row;

/* What a user says by hand. */
struct said_text {
    struct buf schedule; /* as say.lua takes it; empty: nothing */
    int64_t rev;         /* of the directory; 0: the user never said anything */
};

/* Reads what USER says; false if the directory cannot be read. OUT is freed with said_text_fini() in both cases. */
bool said_text_read(const struct presence *self, const char *workspace, const char *user, struct said_text *out);
void said_text_fini(struct said_text *said);

/*
 * Redis was given what the user of PENDING says, with its said_rev. If the directory has something else by now, perhaps
 * from another worker whose copy Redis got first, Redis gets that too.
 */
void says_check(const struct pending *pending);

/* Gives Redis what ROW says. DONE is called once with CTX, never before this returns. */
void says_row(struct presence *self, const struct status_row *row, presence_reply_fn *done, void *ctx);

#endif
