/* SPDX-License-Identifier: ISC */
/* See place_answers.h. Each script says at its top what it replies. */
#include "presence/place_answers.h"

#include "presence/answers.h"

#include "base/ids.h"
#include "base/limits.h"
#include "redis/redis.h"

#include <string.h>

static bool take_code(const char *code, size_t len, enum presence_result *out)
{
    static const struct {
        const char *code;
        enum presence_result result;
    } results[] = {
        {"ok", PRESENCE_OK}, {"gone", PRESENCE_ENDED}, {"full", PRESENCE_FULL}, {"late", PRESENCE_UNAVAILABLE}};

    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        *out = results[i].result;
        if (len == strlen(results[i].code) && memcmp(code, results[i].code, len) == 0)
            return true;
    }
    return false;
}

/* The LEN bytes at TEXT as a number. */
static bool take_number(const char *text, size_t len, int64_t *out)
{
    char word[24];

    if (len >= sizeof word)
        return false;
    memcpy(word, text, len);
    word[len] = '\0';
    return answer_number(word, out);
}

/* "<code> <now_ms> <0|1|->" */
bool answer_at(const struct redis_value *value, struct answer_at *out)
{
    size_t len;
    const char *text = redis_value_text(value, &len);
    const char *now = text ? strchr(text, ' ') : NULL;
    const char *changed = now ? strchr(now + 1, ' ') : NULL;

    memset(out, 0, sizeof *out);
    if (!changed || changed + 2 != text + len || !memchr("01-", changed[1], 3))
        return false;
    out->changed = changed[1] == '1';
    out->done = changed[1] != '-';
    return take_code(text, (size_t)(now - text), &out->result) &&
           take_number(now + 1, (size_t)(changed - now - 1), &out->now_ms);
}

/* "<now_ms> <1|=|0>..." */
const char *answer_stay(const struct redis_value *value, size_t count, int64_t *now_ms)
{
    size_t len;
    const char *text = redis_value_text(value, &len);
    const char *space = text ? strchr(text, ' ') : NULL;

    if (!space || strspn(space + 1, "01=") != count || space + 1 + count != text + len)
        return NULL;
    return take_number(text, (size_t)(space - text), now_ms) ? space + 1 : NULL;
}

/* ---- a place ---- */

bool answer_place(const struct redis_value *value, int64_t *now_ms, size_t *count)
{
    size_t parts = redis_value_count(value);

    *count = parts / 2;
    *now_ms = redis_value_int(redis_value_at(value, 0), -1);
    return parts % 2 == 1 && *count <= LIMIT_PLACE_THINGS && *now_ms >= 0 && *now_ms <= ANSWER_MAX;
}

/* The word at *AT, which moves behind the space after it; LEN is set to its length. NULL if no space follows. */
static const char *next_word(const char **at, size_t *len)
{
    const char *word = *at;
    const char *space = strchr(word, ' ');

    if (!space)
        return NULL;
    *len = (size_t)(space - word);
    *at = space + 1;
    return word;
}

/* "<arrived_ms> <session> <doing> <user>" */
bool answer_thing(const struct redis_value *value, size_t i, struct place_thing *out)
{
    size_t len, arrived_len, session_len;
    const char *at = redis_value_text(redis_value_at(value, 1 + 2 * i), &len);
    const char *end = at ? at + len : NULL;
    const char *arrived = at ? next_word(&at, &arrived_len) : NULL;
    const char *session = arrived ? next_word(&at, &session_len) : NULL;

    out->doing = session ? next_word(&at, &out->doing_len) : NULL;
    if (!out->doing)
        return false;
    out->user = at;
    out->user_len = (size_t)(end - at);
    out->ends_ms = redis_value_int(redis_value_at(value, 2 + 2 * i), -1);
    return take_number(arrived, arrived_len, &out->arrived_ms) && ids_session_ok(session, session_len) &&
           place_doing_ok(out->doing, out->doing_len) && ids_user_ok(out->user, out->user_len) && out->ends_ms >= 0 &&
           out->ends_ms <= ANSWER_MAX;
}

/* ---- all places ---- */

bool answer_places(const struct redis_value *value, size_t *count)
{
    *count = redis_value_count(value);
    return redis_value_type(value) == REDIS_TYPE_LIST && *count <= LIMIT_PLACES_PAGE;
}

const char *answer_place_name(const struct redis_value *value, size_t i)
{
    size_t len;
    const char *name = redis_value_text(redis_value_at(value, i), &len);

    return name && place_name_ok(name, len) ? name : NULL;
}
