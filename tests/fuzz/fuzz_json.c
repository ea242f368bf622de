/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a body: refused with a sentence, or read as another reader of JSON reads them, and only what that takes
 * too. Any text as a string of an answer: what is written is read again as the same.
 */
#include "base/buf.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "http/json.h"

#include <jansson.h>

static const char mark[] = "\xef\xbb\xbf";

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!memchr(" \t\r\n", text[i], 4))
            return false;
    return true;
}

/* The same text as jansson reads it, NULL if it does not; nothing at all is an object without members. */
static json_t *read_again(const char *text, size_t len)
{
    size_t skipped = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;

    if (is_blank(text + skipped, len - skipped))
        return json_object();
    return json_loadb(text + skipped, len - skipped, JSON_REJECT_DUPLICATES, NULL);
}

static void look_at_member(const struct json *json, const char *name, const json_t *value)
{
    const char *text = NULL;
    size_t len = 0;
    int64_t number = 0;
    bool truth = false;
    bool absent = json_is_null(value);

    if (json_text(json, name, &text, &len) == JSON_GOT)
        insist(json_is_string(value) && strcmp(json_string_value(value), text) == 0 && strlen(text) == len &&
                   utf8_ok(text, len),
               "a text is what was sent");
    else
        insist(absent || !json_is_string(value), "a text is one");
    if (json_int(json, name, &number) == JSON_GOT)
        insist(json_is_number(value) && (double)number == json_number_value(value), "a number is what was sent");
    else
        insist(!json_is_integer(value), "a whole number is one");
    if (json_bool(json, name, &truth) == JSON_GOT)
        insist(json_is_boolean(value) && json_is_true(value) == truth, "a truth is what was sent");
}

static void look_at_texts(const struct json *json, const char *name, const json_t *value)
{
    const char **texts;
    size_t count;

    if (json_texts(json, name, &texts, &count) != JSON_GOT)
        return;
    insist(count == json_array_size(value), "as many texts as were sent");
    for (size_t i = 0; i < count; i++)
        insist(strcmp(texts[i], json_string_value(json_array_get(value, i))) == 0, "each as it was sent");
    free(texts);
}

static void look(const struct json *json, const char *text, size_t len)
{
    json_t *again = read_again(text, len);
    const char *name;
    json_t *value;

    insist(json_is_object(again), "what is taken is a JSON object");
    insist(!json_unknown(json, "") == (json_object_size(again) == 0), "no member is overlooked");
    json_object_foreach(again, name, value)
    {
        look_at_member(json, name, value);
        look_at_texts(json, name, value);
    }
    json_decref(again);
}

/* That TEXT, written as a string, is a string that says TEXT. */
static void look_at_writing(const char *text, size_t len)
{
    struct buf out;
    json_t *read;

    if (!utf8_ok(text, len))
        return;
    buf_init(&out);
    buf_add_json(&out, text, len);
    read = json_loadb(out.data, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    insist(json_is_string(read) && json_string_length(read) == len && memcmp(json_string_value(read), text, len) == 0,
           "what is written is read again");
    for (size_t i = 0; i < out.len; i++)
        insist((unsigned char)out.data[i] >= ' ', "it stays in its line");
    json_decref(read);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char error[200] = "";
    struct json *json = json_parse(text, size, error, sizeof error);

    insist(!json == (error[0] != '\0'), "what is refused is refused with a sentence");
    insist(strlen(error) < sizeof error, "a sentence has its place");
    if (json)
        look(json, text, size);
    json_free(json);
    look_at_writing(text, size);
    free(text);
    return 0;
}
