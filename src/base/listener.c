/* SPDX-License-Identifier: ISC */
/*
 * See listener.h. Connecting to a socket file tells whether it is stale: a file outlives its process, a listening
 * socket does not.
 */
#include "base/listener.h"

#include "base/address.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SYSTEMD_FIRST_FD = 3 };

/* ---- inherited ---- */

static bool is_listening(int fd)
{
    int listening = 0;
    socklen_t size = sizeof listening;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

/* Moves FD above stdin, stdout and stderr and puts /dev/null in its place; returns the new descriptor, or -1. */
static int take_descriptor(int fd)
{
    int taken = fcntl(fd, F_DUPFD_CLOEXEC, SYSTEMD_FIRST_FD);
    if (taken < 0)
        return -1;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, fd);
        close(null);
    }
    return taken;
}

/* Whether the variables of sd_listen_fds(3) are set for this process; removes them from the environment. */
static bool was_activated(long *count)
{
    const char *pid = getenv("LISTEN_PID");
    const char *fds = getenv("LISTEN_FDS");
    bool ours = pid && fds && strtol(pid, NULL, 10) == (long)getpid();
    *count = ours ? strtol(fds, NULL, 10) : 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return ours;
}

int listener_inherit(struct listener *self, char *error, size_t size)
{
    *self = (struct listener){.fd = -1, .inherited = true};
    long count;
    if (was_activated(&count)) {
        if (count != 1 || !is_listening(SYSTEMD_FIRST_FD)) {
            snprintf(error, size,
                     "systemd passed %ld sockets, but rollcalld needs exactly one listening stream "
                     "socket: use one ListenStream= in the .socket unit",
                     count);
            return -1;
        }
        self->fd = SYSTEMD_FIRST_FD;
        fcntl(self->fd, F_SETFD, FD_CLOEXEC);
        return 1;
    }
    if (!is_listening(STDIN_FILENO))
        return 0;
    self->fd = take_descriptor(STDIN_FILENO);
    if (self->fd >= 0)
        return 1;
    snprintf(error, size, "cannot use the socket at descriptor 0: %s", strerror(errno));
    return -1;
}

/* ---- Unix sockets ---- */

static struct sockaddr_un unix_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return address;
}

/* Whether a process listens on PATH. */
static bool is_answered(const char *path)
{
    struct sockaddr_un address = unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return true;
    /* EAGAIN means a full backlog: a process listens, and is busy. */
    bool answered = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    close(fd);
    return answered;
}

/* Makes room for the socket file: removes a stale one. */
static bool clear_path(const struct conf *conf, char *error, size_t size)
{
    const char *path = conf->listen;
    struct stat about;
    if (lstat(path, &about) != 0)
        return true;
    if (!S_ISSOCK(about.st_mode))
        return conf_fault(conf_at(conf, "listen"), error, size,
                          "%s exists and is not a socket; move it away or use another path", path);
    if (is_answered(path))
        return conf_fault(conf_at(conf, "listen"), error, size,
                          "another process serves on %s; stop it or use another path", path);
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    return conf_fault(conf_at(conf, "listen"), error, size, "cannot remove the stale socket %s: %s", path,
                      strerror(errno));
}

static bool bind_unix(struct listener *self, const struct conf *conf, char *error, size_t size)
{
    if (!clear_path(conf, error, size))
        return false;
    struct sockaddr_un address = unix_address(conf->listen);
    /* The umask, not a later chmod, so that the file never has wider permissions than it should. */
    mode_t umask_before = umask(0777 & ~(mode_t)conf->listen_mode);
    int bound = bind(self->fd, (const struct sockaddr *)&address, sizeof address);
    int reason = errno;
    umask(umask_before);
    if (bound != 0 && reason == ENOENT)
        return conf_fault(conf_at(conf, "listen"), error, size,
                          "the directory of %s does not exist; create it for the user that rollcalld runs as",
                          conf->listen);
    if (bound != 0 && reason == EACCES)
        return conf_fault(conf_at(conf, "listen"), error, size,
                          "permission denied for %s; make its directory writable by this user", conf->listen);
    if (bound != 0)
        return conf_fault(conf_at(conf, "listen"), error, size, "cannot bind %s: %s", conf->listen, strerror(reason));
    struct stat about;
    self->path = mem_text(conf->listen);
    if (lstat(self->path, &about) == 0) {
        self->device = about.st_dev;
        self->inode = about.st_ino;
        self->made = about.st_mtim;
    }
    return true;
}

/* ---- TCP ---- */

static struct addrinfo *resolve(const struct conf *conf, char *error, size_t size)
{
    char *host = NULL;
    int port = 0;
    const char *why = "";
    if (!address_split(conf->listen, 0, &host, &port, &why)) {
        conf_fault(conf_at(conf, "listen"), error, size, "%s", why);
        return NULL;
    }
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int fault = getaddrinfo(host, service, &hints, &found);
    if (fault != 0)
        conf_fault(conf_at(conf, "listen"), error, size, "%s is not an address of this machine: %s", host,
                   gai_strerror(fault));
    free(host);
    return fault == 0 ? found : NULL;
}

static bool is_loopback(const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    return address->sa_family == AF_INET ? ntohl(v4->sin_addr.s_addr) >> 24 == 127
                                         : IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
}

static bool bind_tcp(struct listener *self, const struct conf *conf, const struct addrinfo *to, char *error,
                     size_t size)
{
    int on = 1;
    setsockopt(self->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (to->ai_family == AF_INET6)
        setsockopt(self->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(self->fd, to->ai_addr, to->ai_addrlen) == 0)
        return true;
    if (errno == EADDRINUSE)
        return conf_fault(conf_at(conf, "listen"), error, size,
                          "another process serves on %s; stop it or use another port", conf->listen);
    return conf_fault(conf_at(conf, "listen"), error, size, "cannot bind %s: %s", conf->listen, strerror(errno));
}

/* ---- both ---- */

static bool open_socket(struct listener *self, int family, const struct conf *conf, char *error, size_t size)
{
    self->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return self->fd >= 0 ||
           conf_fault(conf_at(conf, "listen"), error, size, "cannot create a socket: %s", strerror(errno));
}

static bool open_and_bind(struct listener *self, const struct conf *conf, char *error, size_t size)
{
    if (*conf->listen == '/')
        return open_socket(self, AF_UNIX, conf, error, size) && bind_unix(self, conf, error, size);
    struct addrinfo *to = resolve(conf, error, size);
    bool bound = to && open_socket(self, to->ai_family, conf, error, size) && bind_tcp(self, conf, to, error, size);
    if (to)
        freeaddrinfo(to);
    return bound;
}

bool listener_exposed(const struct conf *conf, char *warning, size_t size)
{
    if (*conf->listen == '/') {
        if (conf->listen_mode & S_IWOTH)
            return !conf_fault(
                conf_at(conf, "listen"), warning, size,
                "listen_mode %04o lets every user of this machine connect and speak for anyone; 0660 lets "
                "the socket's group do so",
                conf->listen_mode);
        return false;
    }
    struct addrinfo *to = resolve(conf, warning, size);
    bool exposed = to && !is_loopback(to->ai_addr);
    if (to)
        freeaddrinfo(to);
    return exposed &&
           !conf_fault(conf_at(conf, "listen"), warning, size,
                       "anyone who reaches %s can speak for anyone, since FastCGI has no password; use a Unix "
                       "socket or 127.0.0.1, or have a firewall let nobody through but the web servers",
                       conf->listen);
}

bool listener_open(struct listener *self, const struct conf *conf, char *error, size_t size)
{
    *self = (struct listener){.fd = -1};
    if (!open_and_bind(self, conf, error, size)) {
        listener_close(self);
        return false;
    }
    char warning[512];
    if (listener_exposed(conf, warning, sizeof warning))
        log_warn("%s", warning);
    if (listen(self->fd, (int)conf->backlog) == 0)
        return true;
    conf_fault(conf_at(conf, "listen"), error, size, "cannot listen on %s: %s", conf->listen, strerror(errno));
    listener_close(self);
    return false;
}

void listener_update(const struct listener *self, const struct conf *conf)
{
    if (self->path && chmod(self->path, (mode_t)conf->listen_mode) != 0)
        log_warn("listen_mode: cannot change the permissions of %s: %s", self->path, strerror(errno));
    if (listen(self->fd, (int)conf->backlog) != 0)
        log_warn("backlog: cannot change the backlog of the socket: %s", strerror(errno));
}

/* Whether the file at our path is the one that we created. */
static bool is_ours(const struct listener *self)
{
    struct stat about;
    return self->path && lstat(self->path, &about) == 0 && about.st_dev == self->device &&
           about.st_ino == self->inode && about.st_mtim.tv_sec == self->made.tv_sec &&
           about.st_mtim.tv_nsec == self->made.tv_nsec;
}

void listener_close(struct listener *self)
{
    /* Remove before closing: the other way round, a daemon that starts in between would lose its own file. */
    if (is_ours(self))
        unlink(self->path);
    if (self->fd >= 0)
        close(self->fd);
    free(self->path);
    *self = (struct listener){.fd = -1};
}
