/* SPDX-License-Identifier: ISC */
/* See hook_state.h. */
#include "hooks/hook_state.h"

#include "base/buf.h"
#include "http/json.h"

#include <stdio.h>
#include <string.h>

/* A number of a state: its name, and its place in the struct. */
struct number {
    const char *name;
    size_t offset;
};

static const struct number numbers[] = {
    {"behind_since", offsetof(struct hook_state, behind_since_ms)},
    {"failing_since", offsetof(struct hook_state, failing_since_ms)},
    {"next_try", offsetof(struct hook_state, next_try_ms)},
    {"told_ms", offsetof(struct hook_state, told_ms)},
    {"attempt", offsetof(struct hook_state, attempt)},
    {"delivered", offsetof(struct hook_state, delivered)},
    {"replays", offsetof(struct hook_state, replays)},
    {"revealed", offsetof(struct hook_state, revealed)},
    {"made", offsetof(struct hook_state, made_ms)},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static bool take_cursor(const struct json *json, const char *name, char *out)
{
    const char *text;
    size_t len;
    struct cursor cursor;
    enum json_got got = json_text(json, name, &text, &len);

    if (got == JSON_ABSENT)
        return true;
    if (got != JSON_GOT || len > CURSOR_TEXT_MAX || !cursor_parse(text, len, &cursor))
        return false;
    memcpy(out, text, len + 1);
    return true;
}

static bool take_numbers(const struct json *json, struct hook_state *out)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t *number = (int64_t *)(void *)((char *)out + numbers[i].offset);
        if (json_int(json, numbers[i].name, number) == JSON_WRONG_TYPE || *number < 0)
            return false;
    }
    return true;
}

static bool take(const struct json *json, struct hook_state *out)
{
    const char *text;
    size_t len;
    enum json_got error = json_text(json, "last_error", &text, &len);

    if (error == JSON_GOT)
        snprintf(out->last_error, sizeof out->last_error, "%s", text);
    return error != JSON_WRONG_TYPE && take_cursor(json, "cursor", out->cursor) &&
           take_cursor(json, "since", out->since) && take_numbers(json, out);
}

bool hook_state_parse(const char *text, size_t len, struct hook_state *out)
{
    char error[128];
    struct json *json = json_parse(text, len, error, sizeof error);

    memset(out, 0, sizeof *out);
    bool ok = json && take(json, out);
    if (!ok)
        memset(out, 0, sizeof *out);
    json_free(json);
    return ok;
}

static void append_text(struct buf *out, const char *name, const char *text)
{
    if (!*text)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, text, strlen(text));
}

void hook_state_append(const struct hook_state *self, struct buf *out)
{
    buf_printf(out, "{\"attempt\":%lld", (long long)self->attempt);
    append_text(out, "cursor", self->cursor);
    append_text(out, "since", self->since);
    append_text(out, "last_error", self->last_error);
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t number = *(const int64_t *)(const void *)((const char *)self + numbers[i].offset);
        if (number != 0 && strcmp(numbers[i].name, "attempt") != 0)
            buf_printf(out, ",\"%s\":%lld", numbers[i].name, (long long)number);
    }
    buf_add_char(out, '}');
}

void hook_state_succeed(struct hook_state *self, int64_t now_ms)
{
    memcpy(self->since, self->cursor, sizeof self->since);
    self->delivered++;
    self->told_ms = now_ms;
    hook_state_rest(self);
}

void hook_state_fail(struct hook_state *self, int64_t now_ms, int64_t pause_ms, int64_t age_ms, const char *error)
{
    self->attempt++;
    self->next_try_ms = now_ms + pause_ms;
    if (self->failing_since_ms == 0)
        self->failing_since_ms = now_ms;
    if (self->behind_since_ms == 0)
        self->behind_since_ms = now_ms - age_ms;
    snprintf(self->last_error, sizeof self->last_error, "%s", error);
}

bool hook_state_rest(struct hook_state *self)
{
    bool failing = self->attempt > 0 || self->behind_since_ms > 0;
    self->attempt = self->failing_since_ms = self->next_try_ms = self->behind_since_ms = 0;
    *self->last_error = '\0';
    return failing;
}

bool hook_state_go_back(struct hook_state *self, const char *since)
{
    struct cursor own;
    struct cursor to;
    bool part = since && cursor_parse(since, strlen(since), &to) &&
                cursor_parse(self->cursor, strlen(self->cursor), &own) && strcmp(own.epoch, to.epoch) == 0;
    if (part && to.seq >= own.seq)
        return false;
    snprintf(self->cursor, sizeof self->cursor, "%s", part ? since : "");
    memcpy(self->since, self->cursor, sizeof self->since);
    self->replays++;
    return true;
}

int64_t hook_state_lag(const struct hook_state *self, const struct cursor *head)
{
    struct cursor cursor;

    if (!cursor_parse(self->cursor, strlen(self->cursor), &cursor) || strcmp(cursor.epoch, head->epoch) != 0)
        return head->seq;
    return cursor.seq < head->seq ? head->seq - cursor.seq : 0;
}
