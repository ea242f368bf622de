/* SPDX-License-Identifier: ISC */
/* See seen.h. */
#include "view/seen.h"

static const int64_t hour_ms = INT64_C(3600) * 1000;
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* A time before 1970 does not occur: Redis's clock counts from then. */
static int64_t stepped(int64_t since_ms, int64_t now_ms, int64_t step_ms)
{
    int64_t told_ms = since_ms - since_ms % step_ms;
    int64_t newest_ms = now_ms - now_ms % step_ms;
    if (now_ms == 0 || newest_ms < step_ms)
        return 0;
    return told_ms < newest_ms ? told_ms : newest_ms - step_ms;
}

int64_t seen_graded(enum last_seen grade, int64_t since_ms, int64_t now_ms)
{
    switch (grade) {
    case SEEN_EXACT: return since_ms;
    case SEEN_HOUR: return since_ms == 0 ? 0 : stepped(since_ms, now_ms, hour_ms);
    case SEEN_DAY: return since_ms == 0 ? 0 : stepped(since_ms, now_ms, day_ms);
    case SEEN_HIDDEN: break;
    }
    return 0;
}

enum last_seen seen_stricter(enum last_seen a, enum last_seen b)
{
    return a > b ? a : b;
}
