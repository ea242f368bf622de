/* SPDX-License-Identifier: ISC */
/*
 * What a writer's thread says of the record, and its loop reads: whether it can be followed and written to, since when
 * it cannot, and how far the copy is behind. Times are those of the wall clock, and passed in.
 */
#ifndef ROLLCALL_DIRECTORY_WRITER_STATE_H
#define ROLLCALL_DIRECTORY_WRITER_STATE_H

#include "directory/record_watch.h"
#include "directory/result.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { WRITER_ERROR_BYTES = 768 };

struct writer_state {
    struct record_watch watch;
    pthread_mutex_t lock;   /* of what follows */
    int64_t wrong_since_ms; /* 0: all is well */
    int64_t followed_ms;    /* when the copy was last found up to date; 0: never */
    char wrong[WRITER_ERROR_BYTES];
    int64_t held_since_ms; /* of the writes that failed because others hold the record; 0: none lately */
    int64_t held_ms;       /* the latest of these */
    char held[WRITER_ERROR_BYTES];
};

/* Zeroed is a writer without a record. */
struct writer_figures {
    unsigned long up;    /* 1: it can be followed */
    unsigned long older; /* 1: the copy lacks what the record has, or that is not known */
    unsigned long away_since_s, lag_s, lag_rows, copied_s;
};

/* SELF is zeroed. What it holds is freed with writer_state_fini(). */
void writer_state_init(struct writer_state *self);
void writer_state_fini(struct writer_state *self);

/* Notes RESULT of following the record, with its sentence ERROR, and logs if that is news. */
void writer_state_note(struct writer_state *self, enum directory_result result, const char *error, int64_t now_ms);

/* The same of a write: BUSY, that others hold the record, is said until one does not fail so, or a while has passed. */
void writer_state_note_write(struct writer_state *self, enum directory_result result, const char *error,
                             int64_t now_ms);

/*
 * What keeps the copy from being up to date, or writes from being taken: a sentence with its time, or "". OUT has
 * WRITER_ERROR_BYTES.
 */
void writer_state_sentence(struct writer_state *self, char *out, int64_t now_ms);

/* The same in figures. That others hold the record makes its copy no older. */
void writer_state_figures(struct writer_state *self, struct writer_figures *out, int64_t now_ms);

#endif
