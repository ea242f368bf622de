/* SPDX-License-Identifier: ISC */
/* See verdict.h. */
#include "view/verdict.h"

struct verdict verdict_of(const struct truth *truth)
{
    static const enum because statuses[] = {
        [STATUS_OFFLINE] = BECAUSE_OFFLINE,
        [STATUS_AWAY] = BECAUSE_AWAY,
        [STATUS_ACTIVE] = BECAUSE_ACTIVE,
    };

    if (truth->looking)
        return (struct verdict){.push = false, .because = BECAUSE_LOOKING};
    if (truth->dnd)
        return (struct verdict){.push = false, .because = BECAUSE_DND, .until_ms = truth->dnd_until_ms};
    return (struct verdict){.push = truth->status != STATUS_ACTIVE, .because = statuses[truth->status]};
}

const char *because_name(enum because because)
{
    static const char *const names[] = {
        [BECAUSE_LOOKING] = "looking", [BECAUSE_DND] = "dnd",         [BECAUSE_ACTIVE] = "active",
        [BECAUSE_AWAY] = "away",       [BECAUSE_OFFLINE] = "offline",
    };

    return names[because];
}
