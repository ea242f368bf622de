/* SPDX-License-Identifier: ISC */
/* See session_rows.h. */
#include "api/shared/session_rows.h"

#include <string.h>

bool session_rows_live(const struct session_row *row)
{
    return strcmp(row->status, "ended") != 0;
}

static const char *note_of(const struct session_row *row)
{
    if (!session_rows_live(row))
        return "ended for good; a late heartbeat is answered 410 until then";
    if (*row->flag == 'l')
        return "its page was left; a beat before the end of its grace takes it back";
    if (*row->flag == 'c')
        return "its connection was lost; a beat before the end of its grace takes it back";
    return "alive while it beats";
}

void session_rows_add(struct listing *listing, const char *user, const struct session_row *row)
{
    listing_row(listing);
    listing_text(listing, "user", user);
    listing_text(listing, "session", row->session);
    listing_text(listing, "status", row->status);
    listing_time(listing, "lease_ends", row->lease_ends_ms);
    listing_text(listing, "why", note_of(row));
    listing_end_row_text(listing, row->session);
}
