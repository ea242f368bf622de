/* SPDX-License-Identifier: ISC */
/* Members of JSON objects, as answers have them. NAME may begin with a comma, which then stands before the quote. */
#ifndef ROLLCALL_API_RENDER_H
#define ROLLCALL_API_RENDER_H

#include "view/status.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct conf;
struct view;

/* "NAME":"TEXT", of valid UTF-8. */
void render_text(struct buf *out, const char *name, const char *text);
/* "NAME":NUMBER */
void render_int(struct buf *out, const char *name, int64_t number);
void render_bool(struct buf *out, const char *name, bool value);

/* ,"ttl":...,"heartbeat":...,"wait":... in seconds. */
void render_timers(struct buf *out, const struct conf *conf);

/* "NAME":"CURSOR" */
void render_cursor(struct buf *out, const char *name, const struct cursor *cursor);

/* "NAME":"<the head of VIEW>" */
void render_head(struct buf *out, const char *name, const struct view *view);

/* The head of VIEW as an entity tag (RFC 9110, 8.8.3), quotes included. */
void render_etag(struct buf *out, const struct view *view);

/* "user":...,"status":...,"since"?:... of USER as VIEW knows it. */
void render_presence(struct buf *out, const struct view *view, const char *user);

#endif
