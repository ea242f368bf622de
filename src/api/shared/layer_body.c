/* SPDX-License-Identifier: ISC */
/* See layer_body.h. */
#include "api/shared/layer_body.h"

#include "base/limits.h"
#include "base/message.h"

/* ---- its members ---- */

/* Which shows own layers and claims can say: a claim never hides its user, and only a claim can say active. */
static bool may_say(enum layer_kind kind, enum show show)
{
    return show == SHOW_AWAY || (show == SHOW_ACTIVE) == (kind == LAYER_CLAIM);
}

static bool read_show(struct exchange *exchange, const struct json *json, struct layer *out)
{
    const char *name = NULL;
    size_t len;
    enum json_got got = json_text(json, "show", &name, &len);

    if (got == JSON_ABSENT || (got == JSON_GOT && show_parse(name, &out->show) && may_say(out->kind, out->show)))
        return true;
    return exchange_refuse(exchange, out->kind == LAYER_CLAIM
                                         ? "\"show\" of a claim must be \"away\" or \"active\"."
                                         : "\"show\" must be \"auto\", \"away\" or \"invisible\".");
}

static bool read_dnd(struct exchange *exchange, const struct json *json, struct layer *out)
{
    bool dnd = false;

    switch (json_bool(json, "dnd", &dnd)) {
    case JSON_ABSENT: return true;
    case JSON_GOT: out->dnd = dnd ? SAID_TRUE : SAID_FALSE; return true;
    case JSON_WRONG_TYPE: break;
    }
    return exchange_refuse(exchange, "\"dnd\" must be true or false.");
}

static bool read_text(struct exchange *exchange, const struct json *json, struct layer *out)
{
    size_t len = 0;

    if (json_text(json, "text", &out->text, &len) == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"text\" must be a string.");
    if (len == 0 || message_text_ok(out->text, len))
        return true;
    exchange_problem(
        exchange, PROBLEM_BAD_REQUEST,
        "Invalid text: it must have at most %d characters (code points), at least one of them visible, and "
        "no control characters. \"\" shows none.",
        MESSAGE_TEXT_POINTS);
    return false;
}

static bool read_emoji(struct exchange *exchange, const struct json *json, struct layer *out)
{
    size_t len = 0;

    if (json_text(json, "emoji", &out->emoji, &len) == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"emoji\" must be a string.");
    if (len == 0 || message_emoji_ok(out->emoji, len))
        return true;
    exchange_problem(exchange, PROBLEM_BAD_REQUEST,
                     "Invalid emoji: it must be an emoji of at most %d bytes and %d code points, without letters and "
                     "spaces, or a name such as :tada: (a-z, 0-9, _, + and -). \"\" shows none.",
                     MESSAGE_EMOJI_BYTES, MESSAGE_EMOJI_POINTS);
    return false;
}

static bool read_priority(struct exchange *exchange, const struct json *json, struct layer *out)
{
    int64_t priority = PRIORITY_CLAIM;

    if (json_int(json, "priority", &priority) == JSON_WRONG_TYPE || priority < 1 || priority > PRIORITY_MAX) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"priority\" must be a whole number from 1 to %d.",
                         PRIORITY_MAX);
        return false;
    }
    out->priority = (int)priority;
    return true;
}

static bool read_present(struct exchange *exchange, const struct json *json, struct layer *out)
{
    return json_bool(json, "present", &out->present) != JSON_WRONG_TYPE ||
           exchange_refuse(exchange, "\"present\" must be true or false.");
}

/* ---- its end ---- */

/* "for" or "until", from a second to MOST_S seconds ahead of NOW_MS. UNTIL_MS stays 0 without both. */
static bool read_end(struct exchange *exchange, const struct json *json, int64_t now_ms, int64_t most_s,
                     int64_t *until_ms)
{
    int64_t for_s = 0;
    enum json_got got_for = json_int(json, "for", &for_s);
    enum json_got got_until = json_int(json, "until", until_ms);

    if (got_for != JSON_ABSENT && got_until != JSON_ABSENT)
        return exchange_refuse(exchange, "Send \"for\" or \"until\", not both.");
    if (got_for == JSON_WRONG_TYPE || (got_for == JSON_GOT && (for_s < 1 || for_s > most_s))) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"for\" must be a whole number of seconds from 1 to %lld.",
                         (long long)most_s);
        return false;
    }
    if (got_until == JSON_WRONG_TYPE ||
        (got_until == JSON_GOT && (*until_ms < now_ms + 1000 || *until_ms > now_ms + most_s * 1000))) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST,
                         "\"until\" must be a time in milliseconds since 1970, from 1 to %lld seconds ahead. Here it "
                         "is %lld now.",
                         (long long)most_s, (long long)now_ms);
        return false;
    }
    if (got_for == JSON_GOT)
        *until_ms = now_ms + for_s * 1000;
    return true;
}

/* ---- all of it ---- */

static bool read_what_is_said(struct exchange *exchange, const struct json *json, struct layer *out)
{
    return read_show(exchange, json, out) && read_dnd(exchange, json, out) && read_text(exchange, json, out) &&
           read_emoji(exchange, json, out);
}

static bool says_something(struct exchange *exchange, const struct layer *layer)
{
    return layer->show != SHOW_UNSAID || layer->dnd != SAID_NOTHING || layer->text || layer->emoji || layer->present ||
           exchange_refuse(exchange,
                           layer->kind == LAYER_CLAIM
                               ? "The body says nothing. Send \"show\", \"dnd\", \"text\", \"emoji\" or \"present\"."
                               : "The body says nothing. Send \"show\", \"dnd\", \"text\" or \"emoji\".");
}

bool layer_body_own(struct exchange *exchange, const struct json *json, int64_t now_ms, struct layer *out)
{
    *out = (struct layer){.kind = LAYER_BASE, .name = "", .set_ms = now_ms};
    if (!read_what_is_said(exchange, json, out) ||
        !read_end(exchange, json, now_ms, LIMIT_STATUS_SECONDS, &out->until_ms) || !says_something(exchange, out))
        return false;
    out->kind = out->until_ms > 0 ? LAYER_TEMPORARY : LAYER_BASE;
    return true;
}

bool layer_body_claim(struct exchange *exchange, const struct json *json, const char *name, int64_t now_ms,
                      struct layer *out)
{
    *out = (struct layer){.kind = LAYER_CLAIM, .name = name, .set_ms = now_ms};
    if (!read_what_is_said(exchange, json, out) || !read_priority(exchange, json, out) ||
        !read_present(exchange, json, out) || !read_end(exchange, json, now_ms, LIMIT_CLAIM_SECONDS, &out->until_ms) ||
        !says_something(exchange, out))
        return false;
    return out->until_ms > 0 ||
           exchange_refuse(exchange, "A claim must have an end. Send \"for\" or \"until\", and send the "
                                     "claim again before it ends.");
}
