/* SPDX-License-Identifier: ISC */
/*
 * Appends members of JSON objects to an answer. NAME may begin with a comma, which is then written before the quote.
 * Texts must be valid UTF-8.
 */
#ifndef ROLLCALL_API_SHARED_RENDER_H
#define ROLLCALL_API_SHARED_RENDER_H

#include "view/cursor.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct conf;
struct view;
struct view_reader;

/* "NAME": without a value */
void render_name(struct buf *out, const char *name);
/* "NAME":"TEXT" */
void render_text(struct buf *out, const char *name, const char *text);
/* ["WORD",...] of WORDS, which are separated by single spaces. */
void render_words(struct buf *out, const char *words);
/* "NAME":NUMBER */
void render_int(struct buf *out, const char *name, int64_t number);
/* "NAME":true or "NAME":false */
void render_bool(struct buf *out, const char *name, bool value);

/* ,"ttl":...,"heartbeat":...,"wait":... in seconds. */
void render_timers(struct buf *out, const struct conf *conf);

/* "NAME":"CURSOR" */
void render_cursor(struct buf *out, const char *name, const struct cursor *cursor);

/* "cursor":"<the head of VIEW>","now":NOW_MS */
void render_head(struct buf *out, const struct view *view, int64_t now_ms);

/* The head of VIEW as an entity tag (RFC 9110, 8.8.3), quotes included. */
void render_etag(struct buf *out, const struct view *view);

/* ,"status":...,"since"?:... and the note of USER as VIEW knows it and READER is told it. */
void render_shown(struct buf *out, const struct view *view, const char *user, const struct view_reader *reader);

/* The same behind "user":... */
void render_presence(struct buf *out, const struct view *view, const char *user, const struct view_reader *reader);

#endif
