/* SPDX-License-Identifier: ISC */
/* See records.h. */
#include "transport/records.h"

#include <fastcgi.h>
#include <stdbool.h>
#include <string.h>

enum { CONTENT_MAX = 65535 };

void records_set_header(unsigned char *header, unsigned type, uint16_t id, size_t len)
{
    header[0] = FCGI_VERSION_1;
    header[1] = (unsigned char)type;
    header[2] = (unsigned char)(id >> 8);
    header[3] = (unsigned char)id;
    header[4] = (unsigned char)(len >> 8);
    header[5] = (unsigned char)len;
    header[6] = header[7] = 0;
}

static size_t content_of(const unsigned char *header)
{
    return (size_t)(header[4] << 8 | header[5]);
}

static void set_content(unsigned char *header, size_t len)
{
    header[4] = (unsigned char)(len >> 8);
    header[5] = (unsigned char)len;
    header[6] = 0;
}

/* True if the content of NEXT may follow that of LAST (NULL for none) in one record. */
static bool fits(const unsigned char *last, const unsigned char *next)
{
    return last && last[1] == next[1] && content_of(last) > 0 && content_of(next) > 0 &&
           content_of(last) + content_of(next) <= CONTENT_MAX;
}

size_t records_pack(unsigned char *bytes, size_t len)
{
    unsigned char *last = NULL;
    size_t kept = 0;

    for (size_t at = 0; at < len;) {
        unsigned char *next = bytes + at;
        size_t content = content_of(next);

        at += FCGI_HEADER_LEN + content + next[6];
        if (fits(last, next)) {
            set_content(last, content_of(last) + content);
            memmove(bytes + kept, next + FCGI_HEADER_LEN, content);
            kept += content;
        } else {
            last = memmove(bytes + kept, next, FCGI_HEADER_LEN + content);
            set_content(last, content);
            kept += FCGI_HEADER_LEN + content;
        }
    }
    return kept;
}
