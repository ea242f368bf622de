/* SPDX-License-Identifier: ISC */
/* The rules for ids and names, and the partition of a workspace. See ids.h. */
#include "base/ids.h"

#include "base/unicode.h"
#include "base/utf8.h"

enum { NAME_MARKS_MAX = 8 }; /* in a row: writing needs two or three on a letter, stacked ornament has dozens */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool ids_workspace_ok(const char *id, size_t len)
{
    if (len < 1 || len > IDS_WORKSPACE_MAX || !is_alphanumeric(id[0]))
        return false;
    for (size_t i = 1; i < len; i++) {
        if (!is_alphanumeric(id[i]) && id[i] != '.' && id[i] != '_' && id[i] != '-')
            return false;
    }
    return true;
}

bool ids_session_ok(const char *name, size_t len)
{
    if (len < IDS_SESSION_MIN || len > IDS_SESSION_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_alphanumeric(name[i]) && name[i] != '_' && name[i] != '-')
            return false;
    }
    return true;
}

/* 1 to MAX lower-case letters, digits, underscores and hyphens. */
static bool is_word(const char *text, size_t len, size_t max)
{
    if (len < 1 || len > max)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool lower = text[i] >= 'a' && text[i] <= 'z';
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!lower && !digit && text[i] != '_' && text[i] != '-')
            return false;
    }
    return true;
}

bool ids_role_ok(const char *role, size_t len)
{
    return is_word(role, len, IDS_ROLE_MAX);
}

bool ids_claim_ok(const char *name, size_t len)
{
    return is_word(name, len, IDS_CLAIM_MAX);
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
    return len >= 1 && len <= IDS_USER_MAX && utf8_ok(id, len) && !has_control(id, len);
}

/* What a name does to the direction of text is for the page to isolate. */
bool ids_name_ok(const char *name, size_t len, size_t max_bytes)
{
    if (len < 1 || len > max_bytes || !utf8_ok(name, len))
        return false;
    bool visible = false;
    unsigned marks_in_row = 0;
    size_t size;
    for (size_t i = 0; i < len; i += size) {
        unsigned point = utf8_next(name + i, &size);
        if (unicode_is_control(point))
            return false;
        if (unicode_is_mark(point)) {
            if (++marks_in_row > NAME_MARKS_MAX)
                return false;
        } else if (!unicode_is_invisible(point)) { /* an invisible one between two marks does not end their row */
            visible = true;
            marks_in_row = 0;
        }
    }
    return visible;
}

unsigned ids_crc16(const char *text, size_t len)
{
    unsigned crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned)(unsigned char)text[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000U) != 0 ? (crc << 1 ^ 0x1021U) & 0xffffU : crc << 1 & 0xffffU;
    }
    return crc;
}

unsigned ids_partition(const char *workspace, size_t len)
{
    return ids_crc16(workspace, len) % IDS_PARTITIONS;
}
