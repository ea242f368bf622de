/* SPDX-License-Identifier: ISC */
/* What is true of every answer, whatever was asked: its head is what a web server takes, and its body is as it says. */
#ifndef ROLLCALL_TESTS_FUZZ_ANSWER_H
#define ROLLCALL_TESTS_FUZZ_ANSWER_H

#include "base/blob.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "http/problem.h"

#include <ctype.h>
#include <jansson.h>

/* An answer, taken apart. Borrows the body. */
struct answer {
    int status;
    char type[64];
    long length; /* -1: not said */
    const char *body;
    size_t body_len;
};

/* Reads a line of a head, LEN bytes of LINE, into SELF. */
static inline void answer_take_line(struct answer *self, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : 0;
    const char *value = line + name_len + 2;

    insist(name_len > 0 && name_len + 2 < len && line[name_len + 1] == ' ', "a header has a name and a value");
    for (size_t i = 0; i < name_len; i++)
        insist(isalpha((unsigned char)line[i]) || line[i] == '-', "its name is a word");
    for (size_t i = 0; i < len; i++)
        insist(!iscntrl((unsigned char)line[i]), "nothing hides in it");
    if (strncmp(line, "Content-Type", name_len) == 0)
        snprintf(self->type, sizeof self->type, "%.*s", (int)(len - name_len - 2), value);
    if (strncmp(line, "Content-Length", name_len) == 0)
        self->length = strtol(value, NULL, 10);
    if (strncmp(line, "Retry-After", name_len) == 0)
        insist(strtol(value, NULL, 10) > 0, "to come back later is later");
}

/* Reads the HEAD of LEN bytes into SELF. */
static inline void answer_take_head(struct answer *self, const char *head, size_t len)
{
    const char *end = head + len;

    insist(len > 10 && strncmp(head, "Status: ", 8) == 0, "an answer begins with its status");
    self->status = atoi(head + 8);
    self->length = -1;
    insist(strcmp(problem_reason(self->status), "Unknown") != 0, "its status is one that is documented");
    for (const char *line = head; line < end;) {
        const char *stop = memmem(line, (size_t)(end - line), "\r\n", 2);

        insist(stop, "each line ends");
        if (stop == line) {
            insist(stop + 2 == end, "the empty line is the last");
            return;
        }
        answer_take_line(self, line, (size_t)(stop - line));
        line = stop + 2;
    }
    insist(false, "a head ends with an empty line");
}

/* The member NAME of OBJECT as a text; "" if it is not one. */
static inline const char *answer_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static inline void answer_look_at_problem(const struct answer *self, const json_t *problem)
{
    const char *code = answer_text(problem, "code");

    insist(json_integer_value(json_object_get(problem, "status")) == self->status, "a problem has the head's status");
    insist(*code && code[strspn(code, "abcdefghijklmnopqrstuvwxyz_")] == '\0', "it has a code");
    insist(*answer_text(problem, "title") && *answer_text(problem, "detail"), "it says what is wrong");
}

static inline void answer_look_at_json(const struct answer *self, const char *text, size_t len)
{
    json_error_t error;
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    insist(json_is_object(json), "a body is a JSON object");
    if (strcmp(self->type, "application/problem+json") == 0)
        answer_look_at_problem(self, json);
    json_decref(json);
}

/* A JSON object on each line. */
static inline void answer_look_at_lines(const struct answer *self)
{
    const char *end = self->body + self->body_len;

    for (const char *line = self->body; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));

        insist(stop, "each line of it ends");
        answer_look_at_json(self, line, (size_t)(stop - line));
        line = stop + 1;
    }
}

static inline void answer_look_at_body(const struct answer *self)
{
    insist(utf8_ok(self->body, self->body_len), "a body is UTF-8");
    if (strstr(self->type, "ndjson"))
        answer_look_at_lines(self);
    else if (strstr(self->type, "json") && self->body_len > 0)
        answer_look_at_json(self, self->body, self->body_len);
    else
        insist(strncmp(self->type, "text/plain", 10) == 0 || self->body_len == 0, "its type is known");
}

/* Fills SELF with the answer of HEAD (LEN bytes) and BODY (may be NULL) to METHOD, having looked at all of it. */
static inline void answer_take(struct answer *self, const char *method, const char *head, size_t len,
                               const struct blob *body)
{
    bool bare = strcmp(method, "HEAD") == 0;

    memset(self, 0, sizeof *self);
    answer_take_head(self, head, len);
    self->body = body ? body->data : "";
    self->body_len = body ? body->len : 0;
    if (self->status == 204 || self->status == 304) {
        insist(self->length < 0 && self->body_len == 0, "no content is none");
        return;
    }
    insist(*self->type && self->length >= 0, "it says what its body is");
    insist(bare ? self->body_len == 0 : (size_t)self->length == self->body_len, "its body is as long as it says");
    insist(self->status < 400 || strcmp(self->type, "application/problem+json") == 0, "what is refused is a problem");
    if (!bare)
        answer_look_at_body(self);
}

#endif
