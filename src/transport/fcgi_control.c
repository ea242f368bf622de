/* SPDX-License-Identifier: ISC */
/* See fcgi_control.h. */
#include "transport/fcgi_control.h"

#include "transport/frame.h"
#include "transport/records.h"

#include <fastcgi.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { ANSWER_BYTES_MAX = 128 };

static bool send_record(int fd, unsigned char type, uint16_t id, const void *content, size_t len)
{
    unsigned char record[FCGI_HEADER_LEN + ANSWER_BYTES_MAX];
    ssize_t size = (ssize_t)(FCGI_HEADER_LEN + len);

    records_set_header(record, type, id, len);
    memcpy(record + FCGI_HEADER_LEN, content, len);
    return send(fd, record, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) == size;
}

bool fcgi_control_end(int fd, uint16_t id, unsigned char protocol_status)
{
    FCGI_EndRequestBody end = {.protocolStatus = protocol_status};

    return send_record(fd, FCGI_END_REQUEST, id, &end, sizeof end);
}

/* A length at *BYTES of *LEFT bytes, both of which then move past it; false if there is none. */
static bool take_length(const unsigned char **bytes, size_t *left, size_t *length)
{
    size_t size = *left && **bytes & 0x80 ? 4 : 1;

    if (*left < size)
        return false;
    *length = **bytes & 0x7f;
    for (size_t i = 1; i < size; i++)
        *length = *length << 8 | (*bytes)[i];
    *bytes += size;
    *left -= size;
    return true;
}

static bool take_name(const unsigned char **bytes, size_t *left, const char **name, size_t *name_len)
{
    size_t value_len;

    if (!take_length(bytes, left, name_len) || !take_length(bytes, left, &value_len) || *name_len > *left ||
        value_len > *left - *name_len)
        return false;
    *name = (const char *)*bytes;
    *bytes += *name_len + value_len;
    *left -= *name_len + value_len;
    return true;
}

static bool asks_for(const unsigned char *content, size_t len, const char *wanted)
{
    const char *name;
    size_t name_len;

    while (take_name(&content, &len, &name, &name_len))
        if (name_len == strlen(wanted) && memcmp(name, wanted, name_len) == 0)
            return true;
    return false;
}

/* How many connections, and so requests, this process can hold. */
static unsigned long descriptors_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1000000)
        return 1000000;
    return (unsigned long)limit.rlim_cur;
}

static bool answer_values(int fd, const unsigned char *content, size_t len)
{
    unsigned long max = descriptors_max();
    const struct {
        const char *name;
        unsigned long value;
    } values[] = {{FCGI_MAX_CONNS, max}, {FCGI_MAX_REQS, max}, {FCGI_MPXS_CONNS, 0}};
    char answer[ANSWER_BYTES_MAX];
    size_t at = 0;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char digits[24];
        int digits_len = snprintf(digits, sizeof digits, "%lu", values[i].value);

        if (asks_for(content, len, values[i].name))
            at += (size_t)snprintf(answer + at, sizeof answer - at, "%c%c%s%s", (int)strlen(values[i].name), digits_len,
                                   values[i].name, digits);
    }
    return send_record(fd, FCGI_GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID, answer, at);
}

bool fcgi_control_answer(int fd, const struct frame *frame, const unsigned char *record)
{
    FCGI_UnknownTypeBody unknown = {.type = (unsigned char)frame_record_type(frame)};

    if (frame->record_id != FCGI_NULL_REQUEST_ID)
        return unknown.type != FCGI_BEGIN_REQUEST || fcgi_control_end(fd, frame->record_id, FCGI_CANT_MPX_CONN);
    if (unknown.type == FCGI_GET_VALUES)
        return answer_values(fd, record + FCGI_HEADER_LEN, frame->content_len);
    return send_record(fd, FCGI_UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID, &unknown, sizeof unknown);
}

bool fcgi_control_may_abort(const unsigned char *bytes, size_t len, uint16_t id)
{
    const unsigned char begin[] = {FCGI_VERSION_1, FCGI_ABORT_REQUEST, (unsigned char)(id >> 8), (unsigned char)id};

    return memcmp(bytes, begin, len < sizeof begin ? len : sizeof begin) == 0;
}

size_t fcgi_control_abort_bytes(const unsigned char *bytes, size_t len, uint16_t id)
{
    if (len < FCGI_HEADER_LEN || !fcgi_control_may_abort(bytes, len, id))
        return 0;
    return FCGI_HEADER_LEN + (size_t)(bytes[4] << 8 | bytes[5]) + bytes[6];
}
