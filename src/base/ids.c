/* SPDX-License-Identifier: ISC */
/* Rules of ids, UTF-8, and the partition of a workspace. The rule of display names is in ids_name.c. See ids.h. */
#include "base/ids.h"

static bool alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool ids_workspace_ok(const char *id, size_t len)
{
    if (len < 1 || len > IDS_WORKSPACE_MAX || !alphanumeric(id[0]))
        return false;
    for (size_t i = 1; i < len; i++) {
        if (!alphanumeric(id[i]) && id[i] != '.' && id[i] != '_' && id[i] != '-')
            return false;
    }
    return true;
}

bool ids_session_ok(const char *name, size_t len)
{
    if (len < IDS_SESSION_MIN || len > IDS_SESSION_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!alphanumeric(name[i]) && name[i] != '_' && name[i] != '-')
            return false;
    }
    return true;
}

/* The bytes that a form beginning with LEAD has; 0 where none may begin so. */
static size_t form_size(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2) /* a continuation, or a form of two that one byte would do for */
        return 0;
    if (lead < 0xe0)
        return 2;
    if (lead < 0xf0)
        return 3;
    return lead < 0xf5 ? 4 : 0;
}

/* The second byte bears what the lead cannot rule out: overlong forms, surrogates, beyond U+10FFFF (RFC 3629, 4). */
static bool second_ok(unsigned char lead, unsigned char second)
{
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

bool ids_utf8_ok(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    const unsigned char *end = p + len;
    while (p < end) {
        size_t size = form_size(*p);
        if (size == 0 || size > (size_t)(end - p))
            return false;
        if (size > 1 && !second_ok(p[0], p[1]))
            return false;
        for (size_t i = 2; i < size; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return false;
        }
        p += size;
    }
    return true;
}

unsigned ids_utf8_next(const char *text, size_t *size)
{
    const unsigned char *p = (const unsigned char *)text;
    *size = form_size(p[0]);
    switch (*size) {
    case 2: return (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU);
    case 3: return (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
    case 4: return (p[0] & 0x07U) << 18 | (p[1] & 0x3fU) << 12 | (p[2] & 0x3fU) << 6 | (p[3] & 0x3fU);
    default: *size = 1; return p[0];
    }
}

/* Whether valid UTF-8 has a control character: C0 and DEL are a byte, C1 (U+0080 to U+009F) is C2 80 to C2 9F. */
static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            return true;
        if (c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0)
            return true;
    }
    return false;
}

bool ids_user_ok(const char *id, size_t len)
{
    return len >= 1 && len <= IDS_USER_MAX && ids_utf8_ok(id, len) && !has_control(id, len);
}

unsigned ids_partition(const char *workspace, size_t len)
{
    unsigned crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned)(unsigned char)workspace[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000U) != 0 ? (crc << 1 ^ 0x1021U) & 0xffffU : crc << 1 & 0xffffU;
    }
    return crc % IDS_PARTITIONS;
}
