/* SPDX-License-Identifier: ISC */
/* See doctor.h. What can be seen from this machine: configuration, database, socket, Redis. The web server: doctor_web.c. */
#include "doctor/doctor.h"

#include "auth/auth.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"
#include "setup/check.h"
#include "directory/directory.h"
#include "presence/scripts.h"
#include "redis/redis.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { REDIS_SECONDS = 5, TOKEN_SECONDS = 600 };

void doctor_say(struct doctor *self, enum finding finding, const char *part, const char *format, ...)
{
    static const char *const marks[] = {"ok  ", "note", "BAD "};
    va_list args;

    self->bad += finding == FINDING_BAD;
    printf("%s %-13s ", marks[finding], part);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

/* ---- configuration and database ---- */

static bool look_at_files(struct doctor *self)
{
    char error[1024];

    if (!check_files(self->conf, false, error, sizeof error)) {
        doctor_say(self, FINDING_BAD, "configuration", "%s", error);
        return false;
    }
    doctor_say(self, FINDING_GOOD, "configuration", "%s reads well, and its files can be used by this user",
               self->conf->path);
    return true;
}

/* The directory, opened; NULL where there is none yet or it is no good. */
static struct directory *look_at_database(struct doctor *self)
{
    const char *path = self->conf->database;
    char error[1024];
    struct directory *directory;

    if (access(path, F_OK) != 0) {
        doctor_say(self, FINDING_NOTE, "database", "%s is not there yet; rollcalld makes it when it starts", path);
        return NULL;
    }
    directory = directory_open(path, error, sizeof error);
    if (directory && directory_check(directory, true, error, sizeof error) == DIRECTORY_OK) {
        doctor_say(self, FINDING_GOOD, "database", "%s can be read and written", path);
        return directory;
    }
    doctor_say(self, FINDING_BAD, "database", "%s", error);
    directory_close(directory);
    return NULL;
}

/* ---- the socket ---- */

/* Who may connect besides the owner, into TEXT: the members of the socket's group. */
static void describe_group(const struct stat *about, char *text, size_t size)
{
    const struct group *group = getgrgid(about->st_gid);
    size_t len = (size_t)snprintf(text, size, "group %s (", group ? group->gr_name : "without a name");
    char **members = group ? group->gr_mem : NULL;
    size_t count = 0;

    for (; members && members[count] && len < size; count++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", count == 0 ? "" : ", ", members[count]);
    if (len < size)
        snprintf(text + len, size - len, "%s)", count > 0 ? "" : "which has no members listed");
}

static void look_at_rights(struct doctor *self, const struct stat *about)
{
    char group[512];
    const struct group *named = getgrgid(about->st_gid);

    describe_group(about, group, sizeof group);
    if (about->st_mode & S_IWOTH)
        doctor_say(
            self, FINDING_NOTE, "socket",
            "every user of this machine may connect, and so say who a request is from; listen_mode = 0660 is safer");
    else if (!(about->st_mode & S_IWGRP))
        doctor_say(self, FINDING_NOTE, "socket", "only its owner may connect: the web server has to be the same user");
    else if (!named || !*named->gr_mem)
        doctor_say(self, FINDING_NOTE, "socket",
                   "its owner and %s may connect; the web server's user has to be one of them: adduser www-data %s",
                   group, named ? named->gr_name : "rollcall");
    else
        doctor_say(self, FINDING_GOOD, "socket", "its owner and %s may connect", group);
}

static void look_at_socket(struct doctor *self)
{
    const char *path = self->conf->listen;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat about;
    int fd;

    if (*path != '/') {
        doctor_say(self, FINDING_NOTE, "socket", "%s: whoever reaches it may say who a request is from", path);
        return;
    }
    if (stat(path, &about) != 0) {
        doctor_say(self, FINDING_BAD, "socket", "%s: %s; is rollcalld running?", path, strerror(errno));
        return;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        doctor_say(self, FINDING_BAD, "socket", "%s cannot be connected to: %s%s", path, strerror(errno),
                   errno == ECONNREFUSED ? "; start rollcalld" : "");
    else
        doctor_say(self, FINDING_GOOD, "socket", "%s is served", path);
    if (fd >= 0)
        close(fd);
    look_at_rights(self, &about);
}

/* ---- Redis ---- */

struct redis_look {
    struct event_base *base; /* borrowed */
    bool up;
    char reason[512];
};

static void on_up(void *ctx, const char *replid)
{
    struct redis_look *look = ctx;

    (void)replid;
    look->up = true;
    event_base_loopbreak(look->base);
}

static void on_down(void *ctx, const char *reason)
{
    struct redis_look *look = ctx;

    snprintf(look->reason, sizeof look->reason, "%s", reason);
    event_base_loopbreak(look->base);
}

static void on_message(void *ctx, const char *channel, const char *bytes, size_t len)
{
    (void)ctx;
    (void)channel;
    (void)bytes;
    (void)len;
}

/* What to do about REASON, as store/ words it. */
static const char *remedy(const char *reason)
{
    static const char *const remedies[][2] = {
        {"No such file", "start Redis, and see where its configuration has unixsocket; without one, redis is "
                         "\"redis://127.0.0.1:6379\""},
        {"Connection refused", "start Redis (systemctl start redis-server, or valkey-server), or see where it listens"},
        {"Permission denied",
         "add this user to the group of Redis's socket (adduser rollcall redis), then restart rollcalld"},
        {"WRONGPASS", "the user or the password in redis is wrong"},
        {"NOAUTH", "Redis wants a password: \"redis://:PASSWORD@HOST:PORT\", percent-encoded"},
        {"lacks", "give the Redis user what is named, by ACL SETUSER"},
        {"replica", "name the master"},
        {"resolved", "see whether the name is right, and known on this machine (getent hosts NAME)"},
        {"no answer", "a firewall may be between, or Redis hangs"},
    };

    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (strstr(reason, remedies[i][0]))
            return remedies[i][1];
    return "see Redis's own log";
}

static void say_redis_down(struct doctor *self, const char *reason)
{
    const struct conf_redis *conf = &self->conf->redis;

    if (conf->unix_path)
        doctor_say(self, FINDING_BAD, "redis", "%s: %s; %s. The option is redis in %s", conf->unix_path, reason,
                   remedy(reason), self->conf->path);
    else
        doctor_say(self, FINDING_BAD, "redis", "%s port %d: %s; %s. The option is redis in %s", conf->host, conf->port,
                   reason, remedy(reason), self->conf->path);
}

/* As a worker connects: what it would lack is named. */
static void look_at_redis(struct doctor *self)
{
    struct redis_look look = {.base = event_base_new(), .reason = "it does not answer"};
    struct redis_events events = {&look, on_up, on_down, on_message};
    struct redis_script *scripts = scripts_new();
    const struct timeval patience = {.tv_sec = REDIS_SECONDS};
    struct redis *redis;

    if (!look.base)
        abort();
    redis = redis_new(look.base, &self->conf->redis, scripts, SCRIPT_KINDS, &events);
    event_base_loopexit(look.base, &patience);
    event_base_dispatch(look.base);
    self->redis_up = look.up;
    if (look.up)
        doctor_say(self, FINDING_GOOD, "redis", "it is a master, and scripts and channels work");
    else
        say_redis_down(self, look.reason);
    if (*redis_eviction(redis))
        doctor_say(self, FINDING_NOTE, "redis",
                   "maxmemory-policy is %s: it may evict what says who is present; noeviction is safe",
                   redis_eviction(redis));
    redis_free(redis);
    free(scripts);
    event_base_free(look.base);
}

/* ---- all of it ---- */

/* Asks through the web server, with an administrator's token that lasts as long as that. */
static void look_at_web(struct doctor *self, struct directory *directory, const char *url)
{
    char token[AUTH_TOKEN_TEXT];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    int64_t expires_ms = clock_wall_ms() + TOKEN_SECONDS * 1000;
    int64_t id;

    if (!directory) {
        doctor_say(self, FINDING_BAD, "web server", "%s is not asked, since there is no database to make a token in",
                   url);
        return;
    }
    auth_new_token(token, hash);
    if (directory_add_token(directory, hash, NULL, "rollcalld --doctor", expires_ms, &id) > DIRECTORY_CREATED) {
        doctor_say(self, FINDING_BAD, "database", "%s", directory_error(directory));
        return;
    }
    doctor_web(self, url, token);
    directory_delete_token(directory, id);
}

bool doctor_run(const struct conf *conf, const char *url)
{
    struct doctor self = {.conf = conf};
    struct directory *directory;

    log_set_level(LOG_LEVEL_ERROR); /* the findings say the rest */
    signal(SIGPIPE, SIG_IGN);
    directory = look_at_files(&self) ? look_at_database(&self) : NULL;
    look_at_socket(&self);
    look_at_redis(&self);
    if (url)
        look_at_web(&self, directory, url);
    directory_close(directory);
    return self.bad == 0;
}
