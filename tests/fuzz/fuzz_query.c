/* SPDX-License-Identifier: ISC */
/* Any query string: what is read from it is what another reader of forms finds, or it is refused for a reason. */
#include "base/limits.h"
#include "fuzz.h"
#include "http/query.h"

#include <ctype.h>

/* The next byte of the text at *AT, which ends at END, as forms write it; -1 for an escape that is not one. */
static int next_byte(const char **at, const char *end)
{
    char digits[3] = "";

    if (**at != '%')
        return *(*at)++ == '+' ? ' ' : (unsigned char)(*at)[-1];
    if (end - *at < 3 || !isxdigit((unsigned char)(*at)[1]) || !isxdigit((unsigned char)(*at)[2]))
        return -1;
    memcpy(digits, *at + 1, 2);
    *at += 3;
    return (int)strtol(digits, NULL, 16);
}

/* Whether the text from RAW to END is read as LEN BYTES. */
static bool is_read_as(const char *raw, const char *end, const char *bytes, size_t len)
{
    size_t i = 0;

    while (raw < end) {
        int byte = next_byte(&raw, end);

        if (byte < 0 || i == len || (unsigned char)bytes[i++] != byte)
            return false;
    }
    return i == len && bytes[len] == '\0';
}

static void look_at_pair(const struct query_pair *pair, const char *raw, const char *end)
{
    const char *equals = memchr(raw, '=', (size_t)(end - raw));

    insist(is_read_as(raw, equals ? equals : end, pair->name, pair->name_len), "a name is what was sent");
    insist(is_read_as(equals ? equals + 1 : end, end, pair->value, pair->value_len), "a value is what was sent");
}

/* That the pairs are those of TEXT, in order and none left out. */
static void look_at_all(const struct query *query, const char *text)
{
    size_t i = 0;

    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "&");

        if (len > 0) {
            insist(i < query->count, "no pair is left out");
            look_at_pair(&query->pairs[i++], at, at + len);
        }
        at += len + (at[len] == '&');
    }
    insist(i == query->count, "no pair is made up");
}

static void look_up(const struct query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        size_t len = 0;
        const char *value = query_get(query, query->pairs[i].name, &len);

        insist(value && strlen(value) <= len, "what is there is found");
    }
    insist(!query_get(query, "no such name at all", NULL) || query->count > 0, "nothing is found in nothing");
}

/* Whether some escape in TEXT is not one. */
static bool has_bad_escape(const char *text)
{
    const char *end = text + strlen(text);

    while (text < end)
        if (next_byte(&text, end) < 0)
            return true;
    return false;
}

static size_t count_of(const char *text, char c)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == c;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct query query;

    switch (query_init(&query, text)) {
    case QUERY_OK:
        insist(query.count <= LIMIT_QUERY_PAIRS, "there are only so many pairs");
        look_at_all(&query, text);
        look_up(&query);
        break;
    case QUERY_TOO_LONG:
        insist(strlen(text) > LIMIT_QUERY_BYTES || count_of(text, '&') >= LIMIT_QUERY_PAIRS, "it is too long");
        break;
    case QUERY_BAD_ESCAPE: insist(has_bad_escape(text), "an escape is wrong"); break;
    }
    query_fini(&query);
    free(text);
    return 0;
}
