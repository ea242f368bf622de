/* SPDX-License-Identifier: ISC */
/* See render.h. */
#include "api/shared/render.h"

#include "base/buf.h"
#include "base/conf.h"
#include "view/view.h"

#include <string.h>

void render_name(struct buf *out, const char *name)
{
    if (*name == ',') {
        buf_add_char(out, ',');
        name++;
    }
    buf_add_char(out, '"');
    buf_add_text(out, name);
    buf_add_text(out, "\":");
}

void render_text(struct buf *out, const char *name, const char *text)
{
    render_name(out, name);
    buf_add_json(out, text, strlen(text));
}

void render_words(struct buf *out, const char *words)
{
    buf_add_char(out, '[');
    while (*words) {
        size_t len = strcspn(words, " ");
        buf_add_json(out, words, len);
        words += len;
        if (*words++ != ' ')
            break;
        buf_add_char(out, ',');
    }
    buf_add_char(out, ']');
}

void render_int(struct buf *out, const char *name, int64_t number)
{
    render_name(out, name);
    buf_add_int(out, number);
}

void render_bool(struct buf *out, const char *name, bool value)
{
    render_name(out, name);
    buf_add_text(out, value ? "true" : "false");
}

void render_timers(struct buf *out, const struct conf *conf)
{
    render_int(out, ",ttl", conf->ttl_s);
    render_int(out, ",heartbeat", conf->heartbeat_s);
    render_int(out, ",wait", conf->wait_s);
}

void render_cursor(struct buf *out, const char *name, const struct cursor *cursor)
{
    char text[CURSOR_TEXT_MAX];

    cursor_format(cursor, text);
    render_text(out, name, text);
}

static struct cursor head_of(const struct view *view)
{
    struct cursor cursor = {.seq = view_head(view)};

    strcpy(cursor.epoch, view_epoch(view));
    return cursor;
}

void render_head(struct buf *out, const struct view *view, int64_t now_ms)
{
    struct cursor cursor = head_of(view);

    render_cursor(out, "cursor", &cursor);
    render_int(out, ",now", now_ms);
}

void render_etag(struct buf *out, const struct view *view)
{
    struct cursor cursor = head_of(view);
    char text[CURSOR_TEXT_MAX];

    buf_add_char(out, '"');
    buf_add(out, text, cursor_format(&cursor, text));
    buf_add_char(out, '"');
}

void render_presence(struct buf *out, const struct view *view, const char *user, const struct view_reader *reader)
{
    render_text(out, "user", user);
    render_shown(out, view, user, reader);
}

void render_shown(struct buf *out, const struct view *view, const char *user, const struct view_reader *reader)
{
    const struct view_entry *entry = view_find(view, user, strlen(user));
    int64_t since_ms = entry ? view_told_since_ms(view, entry, reader) : 0;

    render_text(out, ",status", status_name(entry ? view_entry_status(entry) : STATUS_OFFLINE));
    if (since_ms > 0)
        render_int(out, ",since", since_ms);
    if (entry && view_entry_note(entry))
        buf_add_text(out, view_entry_note(entry));
}
