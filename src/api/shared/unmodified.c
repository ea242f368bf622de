/* SPDX-License-Identifier: ISC */
/* See unmodified.h. */
#include "api/shared/unmodified.h"

#include "api/shared/render.h"
#include "base/buf.h"
#include "http/etag.h"

#include <stdio.h>

bool unmodified_reply(struct exchange *exchange, const struct view *view, const char *if_none_match, char *header)
{
    struct buf tag;

    buf_init(&tag);
    render_etag(&tag, view);
    snprintf(header, UNMODIFIED_HEADER_MAX, "ETag: %s\r\n", tag.data);
    bool same = etag_matches(if_none_match, tag.data);
    buf_fini(&tag);
    if (same)
        exchange_reply_as(exchange, 304, NULL, header, NULL);
    return same;
}
