/* SPDX-License-Identifier: ISC */
/* See thread.h. */
#include "base/thread.h"

#include <pthread.h>
#include <signal.h>

enum { STACK_BYTES = 1 << 20 }; /* enough for TLS, the hungriest of what is run; touched only as far as needed */

int thread_start(void *(*run)(void *ctx), void *ctx)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* A thread inherits the mask: set before it starts, so that no signal can reach it in between. */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&thread, &attributes, run, ctx);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}
