/* SPDX-License-Identifier: ISC */
/* See notify.h. The protocol is documented and stable, so four short messages do not need libsystemd. */
#include "base/notify.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { SEND_MS = 500 };

/* The manager must hear from us within WATCHDOG_USEC; half of that leaves room for a busy moment. */
static int64_t watchdog_interval_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    long long interval_us = strtoll(usec, NULL, 10);
    return interval_us > 0 ? interval_us / 2000 + 1 : 0;
}

void notify_init(struct notify *self)
{
    const char *socket = getenv("NOTIFY_SOCKET");
    /* A path, or @ and an abstract name. */
    self->socket = socket && (*socket == '/' || *socket == '@') ? mem_text(socket) : NULL;
    self->watchdog_ms = watchdog_interval_ms();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_fini(struct notify *self)
{
    free(self->socket);
    self->socket = NULL;
}

void notify_send(const struct notify *self, const char *state)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = self->socket ? strlen(self->socket) : 0;
    if (len == 0 || len >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, self->socket, len);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    /* Wait no longer for a manager that does not read its socket. */
    struct timeval patience = {.tv_usec = SEND_MS * 1000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
    close(fd);
}

void notify_reloading(const struct notify *self)
{
    char state[64];
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
    notify_send(self, state);
}
