/* SPDX-License-Identifier: ISC */
/* See webhook_rows.h. */
#include "api/shared/webhook_rows.h"

#include "api/shared/webhook_body.h"
#include "base/clock.h"

void webhook_rows_fields(struct listing *listing, const struct webhook *webhook)
{
    char events[WEBHOOK_EVENTS_TEXT];
    bool two_sign = webhook->old_secret && webhook->old_secret_until_ms > clock_wall_ms();

    webhook_events_format(webhook->events, events);
    listing_text(listing, "id", webhook->id);
    listing_text(listing, "url", webhook->url);
    listing_text(listing, "workspace", webhook->workspace);
    listing_words(listing, "events", events);
    listing_int(listing, "delay", webhook->delay_s);
    listing_bool(listing, "reveal", webhook->reveal);
    listing_bool(listing, "active", webhook->active);
    listing_time(listing, "created", webhook->created_ms);
    listing_time(listing, "old_secret_until", two_sign ? webhook->old_secret_until_ms : 0);
}

static const char *text_or_null(const char *text)
{
    return *text ? text : NULL;
}

static void add_progress(struct listing *listing, const struct webhook_progress *progress)
{
    const struct hook_state *state = &progress->state;

    listing_int(listing, "lag_changes", progress->lag_changes);
    listing_int(listing, "lag_s", progress->lag_s);
    listing_int(listing, "delivered", state->delivered);
    listing_time(listing, "failing_since", state->failing_since_ms);
    listing_time(listing, "next_try", state->next_try_ms);
    listing_text(listing, "last_error", text_or_null(state->last_error));
}

void webhook_rows_progress(struct listing *listing, const struct webhook_progress *progress)
{
    listing_row(listing);
    listing_text(listing, "workspace", progress->workspace);
    listing_text(listing, "cursor", text_or_null(progress->state.cursor));
    add_progress(listing, progress);
    listing_end_row_text(listing, progress->workspace);
}

void webhook_rows_line(struct listing *listing, const struct webhook *webhook, const struct webhook_progress *progress)
{
    static const struct webhook_progress none = {.workspace = NULL};

    listing_row(listing);
    listing_text(listing, "id", webhook->id);
    listing_bool(listing, "active", webhook->active);
    listing_text(listing, "workspace", progress ? progress->workspace : webhook->workspace);
    listing_text(listing, "cursor", progress ? text_or_null(progress->state.cursor) : NULL);
    add_progress(listing, progress ? progress : &none);
    listing_text(listing, "url", webhook->url);
    listing_end_row_text(listing, webhook->id);
}
