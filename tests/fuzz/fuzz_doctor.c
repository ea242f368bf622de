/* SPDX-License-Identifier: ISC */
/* Any bytes as the answer of a web server to --doctor: what is read from it is in it, and fits where it is put. */
#include "doctor/doctor_answer.h"
#include "fuzz.h"

static const char *const names[] = {"Content-Type", "Server", "Transfer-Encoding", "code", "detail", "redis", "ready"};

enum { NAMES = sizeof names / sizeof *names, VALUE_MAX = 24 };

/* Whether BUF has TEXT in it somewhere. */
static bool has(const struct buf *buf, const char *text)
{
    return !*text || (buf->data && memmem(buf->data, buf->len, text, strlen(text)));
}

static void look_at_name(const struct doctor_answer *answer, const char *name)
{
    char value[VALUE_MAX] = "";

    if (doctor_answer_header(answer, name, value, sizeof value))
        insist(has(&answer->head, value) && strcasestr(answer->head.data, name) && !strpbrk(value, "\r\n"),
               "a header is one of the head");
    if (doctor_answer_text(answer, name, value, sizeof value)) {
        insist(has(&answer->body, value) && has(&answer->body, name) && !strchr(value, '"'), "a text is of the body");
        insist(doctor_answer_has(answer, name, value), "and is found");
    }
    if (doctor_answer_int(answer, name) != 0)
        insist(has(&answer->body, name), "a number has its name in the body");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct doctor_answer answer;
    struct buf bytes;

    buf_init(&bytes);
    buf_add(&bytes, (const char *)data, size);
    doctor_answer_init(&answer);
    doctor_answer_parse(&answer, &bytes);
    insist(answer.error[0] || (answer.head.len > 0 && answer.head.len + answer.body.len <= size + 1),
           "no more is read than came");
    insist(!answer.error[0] || (answer.head.len == 0 && answer.body.len == 0), "what is not HTTP is nothing");
    for (size_t i = 0; i < NAMES; i++)
        look_at_name(&answer, names[i]);
    doctor_answer_fini(&answer);
    buf_fini(&bytes);
    return 0;
}
