/* SPDX-License-Identifier: ISC */
/* See hook.h. */
#include "hooks/hook.h"

#include "auth/hook_signature.h"
#include "auth/sha256.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WARN_MS = 60000 /* between two lines in the log about one webhook, whichever workspaces fail */ };
enum { ID_BYTES = sizeof "msg_" + 32, ID_HASHED = 16, SIGNATURES_BYTES = 2 * HOOK_SIGNATURE_BYTES, REVEAL_MS = 2000 };

/* ---- what it is ---- */

/* Who becomes invisible is seen to go before it is known that they are. So that takes a moment. */
static int64_t delay_ms(const struct webhook *row)
{
    int64_t ms = row->delay_s * 1000;
    return row->reveal && ms < REVEAL_MS ? REVEAL_MS : ms;
}

static void clear(struct hook *self)
{
    free(self->url);
    free(self->workspace);
    free(self->secret);
    free(self->old_secret);
}

static void fill(struct hook *self, const struct webhook *row)
{
    self->url = mem_text(row->url);
    self->workspace = mem_text(row->workspace);
    self->secret = mem_text(row->secret);
    self->old_secret = mem_text(row->old_secret);
    self->old_secret_until_ms = row->old_secret_until_ms;
    self->created_ms = row->created_ms;
    self->delay_ms = delay_ms(row);
    self->events = row->events;
    self->reveal = row->reveal;
    self->active = row->active;
    hook_wanted(self);
}

void hook_wanted(struct hook *self)
{
    self->gone = false;
    self->stop_ms = 0;
}

struct hook *hook_new(const struct webhook *row)
{
    struct hook *self = mem_new(sizeof *self);
    self->id = mem_text(row->id);
    list_init(&self->crowd);
    fill(self, row);
    return self;
}

void hook_free(struct hook *self)
{
    clear(self);
    free(self->id);
    free(self);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool hook_update(struct hook *self, const struct webhook *row)
{
    if (same_text(self->url, row->url) && same_text(self->workspace, row->workspace) &&
        same_text(self->secret, row->secret) && same_text(self->old_secret, row->old_secret) &&
        self->old_secret_until_ms == row->old_secret_until_ms && self->created_ms == row->created_ms &&
        self->delay_ms == delay_ms(row) && self->events == row->events && self->reveal == row->reveal &&
        self->active == row->active)
        return false;
    clear(self);
    fill(self, row);
    return true;
}

void hook_warn(struct hook *self, const char *workspace, const char *error)
{
    int64_t now_ms = clock_mono_ms();
    if (self->warned_ms > 0 && now_ms - self->warned_ms < WARN_MS)
        return;
    self->warned_ms = now_ms;
    log_warn("webhook %s: %s (workspace %s); trying again until it is taken", self->id, error, workspace);
}

bool hook_concerns(const struct hook *self, const char *workspace)
{
    return self->active && (!self->workspace || strcmp(self->workspace, workspace) == 0);
}

/* ---- letters ---- */

/* The same for the same data to the same receiver, so that it can tell a repetition. Into OUT, of ID_BYTES. */
static void name_letter(const struct hook *self, const struct hook_letter *letter, char *out)
{
    unsigned char hash[SHA256_BYTES];
    struct sha256 sha256;
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "%s %lld %lld %s", self->id, (long long)self->created_ms, (long long)letter->replays,
               letter->type);
    buf_add(&text, letter->data->data, letter->data->len);
    sha256_init(&sha256);
    sha256_hash(&sha256, text.data, text.len, hash);
    sha256_fini(&sha256);
    buf_fini(&text);
    out = stpcpy(out, "msg_");
    for (size_t i = 0; i < ID_HASHED; i++)
        out += sprintf(out, "%02x", hash[i]);
}

static void append_body(const struct hook_letter *letter, int64_t wall_ms, struct buf *out)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    char text[32];
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_printf(out, "{\"type\":\"%s\",\"timestamp\":\"%s.%03dZ\",\"data\":", letter->type, text, (int)(wall_ms % 1000));
    buf_add(out, letter->data->data, letter->data->len);
    if (letter->redis_ms > 0)
        buf_printf(out, ",\"now\":%lld", (long long)letter->redis_ms);
    buf_add_text(out, "}}");
}

/* The signatures of TEXT, with each secret that is valid, into OUT, of SIGNATURES_BYTES. */
static void sign(const struct hook *self, const struct buf *text, int64_t wall_ms, char *out)
{
    char old[HOOK_SIGNATURE_BYTES];
    if (!hook_signature(self->secret, text->data, text->len, out))
        *out = '\0'; /* receivers refuse it, which is what a secret deserves that we did not make */
    if (self->old_secret && wall_ms < self->old_secret_until_ms &&
        hook_signature(self->old_secret, text->data, text->len, old))
        strcat(strcat(out, *out ? " " : ""), old);
}

struct hook_post *hook_send(const struct hook *self, struct hook_posts *posts, const struct hook_letter *letter,
                            hook_answer_fn *fn, void *ctx)
{
    char id[ID_BYTES], signatures[SIGNATURES_BYTES];
    int64_t wall_ms = clock_wall_ms();
    struct buf text;
    buf_init(&text);
    name_letter(self, letter, id);
    buf_printf(&text, "%s.%lld.", id, (long long)(wall_ms / 1000));
    size_t head = text.len;
    append_body(letter, wall_ms, &text);
    sign(self, &text, wall_ms, signatures);
    const struct hook_request request = {self->url, id, wall_ms / 1000, signatures, text.data + head, text.len - head};
    struct hook_post *post = hook_posts_send(posts, &request, fn, ctx);
    buf_fini(&text);
    return post;
}
