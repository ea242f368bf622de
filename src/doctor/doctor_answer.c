/* SPDX-License-Identifier: ISC */
/* See doctor_answer.h. */
#include "doctor/doctor_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void doctor_answer_init(struct doctor_answer *self)
{
    memset(self, 0, sizeof *self);
    buf_init(&self->head);
    buf_init(&self->body);
}

void doctor_answer_fini(struct doctor_answer *self)
{
    buf_fini(&self->head);
    buf_fini(&self->body);
}

/* ---- parsing ---- */

/* Appends the chunks at TEXT, put together (RFC 9112, 7.1), as far as they are whole. */
static void add_chunks(struct buf *body, const char *text, size_t len)
{
    const char *end = text + len;

    for (;;) {
        char *after;
        unsigned long size = strtoul(text, &after, 16);
        const char *data = strstr(after, "\r\n");

        if (size == 0 || !data || size > (size_t)(end - data - 2))
            return;
        buf_add(body, data + 2, size);
        text = data + 2 + size;
        if (end - text < 2)
            return;
        text += 2;
    }
}

void doctor_answer_parse(struct doctor_answer *self, const struct buf *bytes)
{
    const char *body = bytes->data ? strstr(bytes->data, "\r\n\r\n") : NULL;
    char coding[16];

    if (!body || sscanf(bytes->data, "HTTP/1.%*d %d", &self->status) != 1) {
        snprintf(self->error, sizeof self->error, "the answer is not HTTP");
        return;
    }
    body += 4;
    size_t head_len = (size_t)(body - bytes->data);
    buf_add(&self->head, bytes->data, head_len);
    buf_add_char(&self->head, '\0');
    if (doctor_answer_header(self, "Transfer-Encoding", coding, sizeof coding) && strcasecmp(coding, "chunked") == 0)
        add_chunks(&self->body, body, bytes->len - head_len);
    else
        buf_add(&self->body, body, bytes->len - head_len);
}

/* ---- reading ---- */

/* Copies TEXT up to any of ENDS into OUT. False if it does not fit. */
static bool copy_until(const char *text, const char *ends, char *out, size_t size)
{
    size_t len = strcspn(text, ends);

    if (len >= size)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

bool doctor_answer_header(const struct doctor_answer *self, const char *name, char *out, size_t size)
{
    char start[64];

    snprintf(start, sizeof start, "\r\n%s:", name);
    const char *found = self->head.data ? strcasestr(self->head.data, start) : NULL;
    if (!found)
        return false;
    found += strlen(start);
    found += strspn(found, " \t");
    return copy_until(found, "\r\n", out, size);
}

/* What follows "NAME": in the body; NULL if it is missing. */
static const char *after_name(const struct doctor_answer *self, const char *name)
{
    char start[64];

    snprintf(start, sizeof start, "\"%s\":", name);
    const char *found = self->body.data ? strstr(self->body.data, start) : NULL;
    return found ? found + strlen(start) : NULL;
}

bool doctor_answer_text(const struct doctor_answer *self, const char *name, char *out, size_t size)
{
    const char *value = after_name(self, name);

    return value && *value == '"' && copy_until(value + 1, "\"", out, size);
}

bool doctor_answer_has(const struct doctor_answer *self, const char *name, const char *value)
{
    char text[256];

    return doctor_answer_text(self, name, text, sizeof text) && strcmp(text, value) == 0;
}

int64_t doctor_answer_int(const struct doctor_answer *self, const char *name)
{
    const char *value = after_name(self, name);

    return value ? strtoll(value, NULL, 10) : 0;
}
