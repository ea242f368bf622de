/* SPDX-License-Identifier: ISC */
/*
 * polls PORT REQUESTS: holds many long polls and times their answers.
 *
 * Sends each request of the file REQUESTS (a line each: path, tab, token or "-"; all GET), in portions, and prints "sent". Then
 * waits for a line on stdin, which must come once they are parked and just before what answers them, and prints, when all
 * are answered: polls, early (answered before that line), failed (not 200), first, p50, p99 and last in ms from that line.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { PORTION = 250, PORTION_PAUSE_US = 15000, GIVE_UP_MS = 30000, SOURCES = 9 };

struct polls {
    int epoll;
    unsigned short port;
    int count;
    int answered;
    int early;
    int failed;
    double *took_ms;
};

static double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* From 127.0.0.1 to 127.0.0.9 in turn: one address has not ports enough. */
static int dial(unsigned short port, int i)
{
    struct sockaddr_in source = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(0x7f000001u + (unsigned)(i % SOURCES))};
    struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;

    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&source, sizeof source) < 0 ||
        connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void send_request(struct polls *self, char *line)
{
    char *path = strtok(line, "\t\n");
    char *token = strtok(NULL, "\t\n");
    char request[2048];
    struct epoll_event event = {.events = EPOLLIN};
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: www.example.org\r\n%s%s%s\r\n", path,
                     *token == '-' ? "" : "Authorization: Bearer ", *token == '-' ? "" : token,
                     *token == '-' ? "" : "\r\n");

    event.data.fd = dial(self->port, self->count);
    if (write(event.data.fd, request, (size_t)n) != n)
        die("write");
    epoll_ctl(self->epoll, EPOLL_CTL_ADD, event.data.fd, &event);
    if (++self->count % PORTION == 0)
        usleep(PORTION_PAUSE_US);
}

static void send_all(struct polls *self, const char *file)
{
    FILE *requests = fopen(file, "r");
    char *line = NULL;
    size_t size = 0;

    if (!requests)
        die(file);
    while (getline(&line, &size, requests) > 0)
        send_request(self, line);
    free(line);
    fclose(requests);
    self->took_ms = calloc((size_t)self->count + 1, sizeof *self->took_ms);
    puts("sent");
    fflush(stdout);
}

/* Takes what is there within WAIT_MS; answers since START_MS are timed, with a negative one they are early. */
static void take(struct polls *self, double start_ms, int wait_ms)
{
    static char bytes[65536];
    struct epoll_event events[512];
    int n = epoll_wait(self->epoll, events, 512, wait_ms);
    double at = now_ms();

    for (int i = 0; i < n; i++) {
        int fd = events[i].data.fd;
        ssize_t len = read(fd, bytes, sizeof bytes);

        epoll_ctl(self->epoll, EPOLL_CTL_DEL, fd, NULL);
        if (start_ms < 0) {
            self->early++;
            continue;
        }
        self->failed += len < 12 || strncmp(bytes, "HTTP/1.1 200", 12) != 0;
        self->took_ms[self->answered++] = at - start_ms;
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    struct polls self = {0};
    struct rlimit limit;
    double start_ms;
    int n;

    if (argc != 3)
        return 2;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    self.port = (unsigned short)atoi(argv[1]);
    self.epoll = epoll_create1(0);
    send_all(&self, argv[2]);
    if (getchar() == EOF)
        return 1;
    take(&self, -1, 0);
    start_ms = now_ms();
    puts("go");
    fflush(stdout);
    while (self.answered + self.early < self.count && now_ms() - start_ms < GIVE_UP_MS)
        take(&self, start_ms, 1000);
    qsort(self.took_ms, (size_t)self.answered, sizeof *self.took_ms, by_size);
    n = self.answered;
    printf(
        "{\"polls\":%d,\"early\":%d,\"missing\":%d,\"failed\":%d,\"first\":%.1f,\"p50\":%.1f,\"p99\":%.1f,\"last\":%.1f}\n",
        self.count, self.early, self.count - self.early - n, self.failed, self.took_ms[0], self.took_ms[n / 2],
        self.took_ms[n * 99 / 100], self.took_ms[n > 0 ? n - 1 : 0]);
    return self.failed || self.early || n != self.count;
}
