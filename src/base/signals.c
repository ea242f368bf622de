/* SPDX-License-Identifier: ISC */
/* See signals.h. The process's mask holds them. */
#include "base/signals.h"

#include <stddef.h>

static const int held[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
enum { HELD = sizeof held / sizeof held[0] };

sigset_t signals_set(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < HELD; i++)
        sigaddset(&set, held[i]);
    return set;
}

void signals_hold(void)
{
    sigset_t set = signals_set();
    sigprocmask(SIG_BLOCK, &set, NULL);
    /* The process that started us may have set them to be ignored; then they would never arrive. */
    for (size_t i = 0; i < HELD; i++)
        signal(held[i], SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

void signals_release(void)
{
    sigset_t set = signals_set();
    signal(SIGHUP, SIG_IGN);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
