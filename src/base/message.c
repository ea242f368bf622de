/* SPDX-License-Identifier: ISC */
/* See message.h. */
#include "base/message.h"

#include "base/unicode.h"
#include "base/utf8.h"

/* Whether POINT may stand in what is read. */
typedef bool point_ok_fn(unsigned point);

/* At most MOST code points, each of which is OK, and at least one that shows something. */
static bool is_shown(const char *text, size_t len, size_t most, point_ok_fn *ok)
{
    bool visible = false;
    size_t points = 0;
    size_t size;

    for (size_t i = 0; i < len; i += size) {
        unsigned point = utf8_next(text + i, &size);
        if (++points > most || !ok(point))
            return false;
        visible = visible || (!unicode_is_invisible(point) && !unicode_is_mark(point));
    }
    return visible;
}

static bool text_point_ok(unsigned point)
{
    return !unicode_is_control(point);
}

bool message_text_ok(const char *text, size_t len)
{
    return is_shown(text, len, MESSAGE_TEXT_POINTS, text_point_ok);
}

static bool is_ascii_letter(unsigned point)
{
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
}

/* The joiner and the selectors within an emoji are invisible too, but they are not spaces. */
static bool emoji_point_ok(unsigned point)
{
    return !unicode_is_control(point) && !unicode_is_space(point) && !is_ascii_letter(point);
}

static bool shortcode_byte_ok(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
}

static bool is_shortcode(const char *text, size_t len)
{
    if (len < 3 || len > MESSAGE_SHORTCODE_BYTES + 2 || text[0] != ':' || text[len - 1] != ':')
        return false;
    for (size_t i = 1; i < len - 1; i++)
        if (!shortcode_byte_ok(text[i]))
            return false;
    return true;
}

bool message_emoji_ok(const char *emoji, size_t len)
{
    return is_shortcode(emoji, len) ||
           (len <= MESSAGE_EMOJI_BYTES && is_shown(emoji, len, MESSAGE_EMOJI_POINTS, emoji_point_ok));
}
