/* SPDX-License-Identifier: ISC */
/*
 * bare SOCKET: the least that can park and answer. A FastCGI responder on epoll that parks GET .../park and answers all that
 * are parked on .../fire: no Redis, no database, no JSON. What is left is the cost of the web server, the kernel and FastCGI
 * itself, which is what a fan-out of Rollcall is measured against.
 */
#include <errno.h>
#include <fastcgi.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { EVENTS = 512, REQUEST_MAX = 65536 };

struct bare {
    int epoll;
    int listen_fd;
    struct parked {
        int fd;
        unsigned id;
    } * parked; /* grows */
    size_t count;
    size_t capacity;
};

static void put_header(unsigned char *at, unsigned type, unsigned id, size_t len)
{
    const unsigned char header[FCGI_HEADER_LEN] = {
        FCGI_VERSION_1,    (unsigned char)type,       (unsigned char)(id >> 8),
        (unsigned char)id, (unsigned char)(len >> 8), (unsigned char)len};
    memcpy(at, header, sizeof header);
}

static void answer(int fd, unsigned id, const char *body)
{
    unsigned char head[256];
    unsigned char tail[3 * FCGI_HEADER_LEN] = {0};
    size_t len = strlen(body);
    size_t n = (size_t)snprintf((char *)head + FCGI_HEADER_LEN, sizeof head - FCGI_HEADER_LEN,
                                "Status: 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                                "Content-Length: %zu\r\n\r\n",
                                len);
    struct iovec parts[] = {{head, FCGI_HEADER_LEN + n}, {(void *)(size_t)body, len}, {tail, sizeof tail}};

    put_header(head, FCGI_STDOUT, id, n + len);
    put_header(tail, FCGI_STDOUT, id, 0);
    put_header(tail + FCGI_HEADER_LEN, FCGI_END_REQUEST, id, FCGI_HEADER_LEN);
    if (writev(fd, parts, 3) < 0 && errno != EPIPE)
        perror("writev");
    close(fd);
}

static void park(struct bare *self, int fd, unsigned id)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 1024;
        self->parked = realloc(self->parked, self->capacity * sizeof *self->parked);
        if (!self->parked)
            abort();
    }
    self->parked[self->count++] = (struct parked){fd, id};
}

static void fire(struct bare *self)
{
    for (size_t i = 0; i < self->count; i++)
        answer(self->parked[i].fd, self->parked[i].id, "{\"changes\":[{\"user\":\"u1\",\"status\":\"away\"}]}");
    self->count = 0;
}

/* Whether LEN bytes hold a request up to its empty STDIN record. */
static int whole(const unsigned char *bytes, size_t len)
{
    size_t at = 0;

    while (at + FCGI_HEADER_LEN <= len) {
        size_t content = (size_t)(bytes[at + 4] << 8 | bytes[at + 5]);
        if (bytes[at + 1] == FCGI_STDIN && content == 0)
            return 1;
        at += FCGI_HEADER_LEN + content + bytes[at + 6];
    }
    return 0;
}

static void serve(struct bare *self, int fd)
{
    static unsigned char bytes[REQUEST_MAX];
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    unsigned id;

    if (n <= 0 && !(n < 0 && errno == EAGAIN)) {
        close(fd);
        return;
    }
    if (n < 0 || !whole(bytes, (size_t)n)) {
        if (epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) < 0 && errno != EEXIST)
            perror("epoll_ctl");
        return;
    }
    epoll_ctl(self->epoll, EPOLL_CTL_DEL, fd, NULL);
    n = read(fd, bytes, sizeof bytes);
    id = (unsigned)(bytes[2] << 8 | bytes[3]);
    if (memmem(bytes, (size_t)n, "/park", 5)) {
        park(self, fd, id);
    } else {
        if (memmem(bytes, (size_t)n, "/fire", 5))
            fire(self);
        answer(fd, id, "{\"hello\":\"world\"}");
    }
}

static void run(struct bare *self)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int n = epoll_wait(self->epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd != self->listen_fd) {
                serve(self, fd);
                continue;
            }
            for (int k = 0; k < 64 && (fd = accept4(self->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0; k++)
                serve(self, fd);
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN};
    struct bare self = {0};
    struct rlimit limit;

    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    strcpy(address.sun_path, argv[1]);
    self.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(self.listen_fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(self.listen_fd, 4096) < 0 ||
        chmod(argv[1], 0666) < 0) {
        perror(argv[1]);
        return 1;
    }
    self.epoll = epoll_create1(0);
    event.data.fd = self.listen_fd;
    epoll_ctl(self.epoll, EPOLL_CTL_ADD, self.listen_fd, &event);
    run(&self);
}
