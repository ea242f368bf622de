/* SPDX-License-Identifier: ISC */
/* See hook_retry.h. */
#include "hooks/hook_retry.h"

static const int64_t pauses_s[] = {1, 5, 30, 120, 600, 1800, 3600};
enum { PAUSES = sizeof pauses_s / sizeof *pauses_s };

int64_t hook_retry_ms(int64_t attempt, int64_t retry_after_s, uint32_t spread)
{
    int64_t i = attempt < 1 ? 0 : attempt - 1;
    int64_t pause_ms = pauses_s[i < PAUSES ? i : PAUSES - 1] * (800 + (int64_t)spread);
    int64_t asked_ms = (retry_after_s < HOOK_RETRY_AFTER_S ? retry_after_s : HOOK_RETRY_AFTER_S) * 1000;
    return asked_ms > pause_ms ? asked_ms : pause_ms;
}
