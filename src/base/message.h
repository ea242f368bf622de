/* SPDX-License-Identifier: ISC */
/*
 * The rules for what people say of themselves beside their status: a text of one line and an emoji. Nothing is ever
 * cut to fit. What a text does to the direction of its line is for the page to isolate. Pure functions.
 */
#ifndef ROLLCALL_BASE_MESSAGE_H
#define ROLLCALL_BASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    MESSAGE_TEXT_POINTS = 100,   /* code points in a text: a line, whatever its script */
    MESSAGE_TEXT_BYTES = 400,    /* what they take at most */
    MESSAGE_EMOJI_POINTS = 16,   /* code points in an emoji: a family with skin tones has 11, a flag of a region 7 */
    MESSAGE_EMOJI_BYTES = 64,    /* what they take at most */
    MESSAGE_SHORTCODE_BYTES = 64 /* the name between the colons of a shortcode, as in :party-parrot: */
};

/*
 * Whether LEN bytes of TEXT, valid UTF-8, may be shown beside a name: at most MESSAGE_TEXT_POINTS code points, no
 * control characters, and at least one that shows something.
 */
bool message_text_ok(const char *text, size_t len);

/*
 * Whether LEN bytes of EMOJI, valid UTF-8, may stand for one: a shortcode, :[a-z0-9_+-]{1,64}:, or at most
 * MESSAGE_EMOJI_POINTS code points in MESSAGE_EMOJI_BYTES that show something, without control characters, ASCII
 * letters and spaces. Does not know which characters are emoji: there are new ones each year.
 */
bool message_emoji_ok(const char *emoji, size_t len);

#endif
