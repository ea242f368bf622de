/* SPDX-License-Identifier: ISC */
/* A real Redis for one test, on the fixture's socket, that ends with the test; and a plain connection to it. */
#ifndef ROLLCALL_TESTS_REDIS_SERVER_H
#define ROLLCALL_TESTS_REDIS_SERVER_H

#include "fixture.h"

#include <hiredis/hiredis.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

struct server {
    pid_t pid;
    redisContext *admin; /* owned */
};

/* In the child: becomes redis-server, or what REDIS_SERVER names, quietly. */
static inline void server_exec(const struct fixture *f)
{
    const char *named = getenv("REDIS_SERVER");
    const char *program = named && *named ? named : "redis-server";
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execlp(program, program, "--port", "0", "--unixsocket", f->path, "--save", "", "--dir", f->root, "--loglevel",
           "warning", "--enable-debug-command", "yes", (char *)NULL);
    _exit(127);
}

static inline void server_start(struct server *server, const struct fixture *f)
{
    const struct timespec pause = {0, 2000000};

    server->pid = fork();
    if (server->pid == 0)
        server_exec(f);
    for (;;) {
        server->admin = redisConnectUnix(f->path);
        if (!server->admin->err)
            return;
        redisFree(server->admin);
        assert_int_equal(waitpid(server->pid, NULL, WNOHANG), 0);
        nanosleep(&pause, NULL);
    }
}

static inline void server_stop(struct server *server)
{
    if (server->admin)
        redisFree(server->admin);
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

/* Sends Redis the command that printf's arguments give; it must not answer with an error. */
#define TELL(server, ...)                                                                                              \
    do {                                                                                                               \
        redisReply *told_ = redisCommand((server)->admin, __VA_ARGS__);                                                \
        assert_non_null(told_);                                                                                        \
        if (told_->type == REDIS_REPLY_ERROR)                                                                          \
            fail_msg("%s", told_->str);                                                                                \
        freeReplyObject(told_);                                                                                        \
    } while (0)

#endif
