/* SPDX-License-Identifier: ISC */
/* See doctor_web.h. */
#include "doctor/doctor_web.h"

#include "base/conf.h"
#include "base/random.h"
#include "doctor/doctor_apache.h"
#include "doctor/doctor_events.h"
#include "doctor/doctor_http.h"
#include "doctor/doctor_mount.h"
#include "doctor/doctor_nginx.h"
#include "doctor/doctor_report.h"
#include "doctor/doctor_script.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE_S = 10,
    LARGE_BODY = 1000000,
    PROMPT_MS = 1500, /* after a change */
    LOOKS_MAX = 3,    /* if that takes longer, since a busy machine can stand still for a moment */
    TRIES_MAX = 3,    /* of what is answered 503 */
};

static const char subject[] = "web server";
static const char beat_format[] = "{\"session\":\"doctor-session\",\"status\":\"%s\"}";

struct web_check {
    struct doctor *doctor; /* borrowed, as all of these */
    const struct doctor_site *site;
    const char *admin;  /* an administrator's token */
    const char *server; /* the web server's name, or "" */
    char workspace[32];
    char token[128]; /* that of the one member */
    char cursor[80];
    int64_t token_id; /* 0: not created */
};

/* ---- requests ---- */

/* Sends REQUEST with the patience of all but polls. The caller ends ANSWER. */
static void send_request(const struct web_check *self, struct doctor_request request, struct doctor_answer *answer)
{
    request.patience_s = PATIENCE_S;
    doctor_http_request(self->site, &request, answer);
}

/*
 * Sends REQUEST as the administrator, again if it is answered 503: others may keep the database busy for a moment.
 * Returns whether it succeeded. The caller ends ANSWER.
 */
static bool manage(const struct web_check *self, struct doctor_request request, struct doctor_answer *answer)
{
    request.token = self->admin;
    send_request(self, request, answer);
    for (unsigned tries = 1; answer->status == 503 && tries < TRIES_MAX; tries++) {
        doctor_answer_fini(answer);
        sleep(1);
        send_request(self, request, answer);
    }
    return answer->status >= 200 && answer->status < 300;
}

/* As manage(), if nothing but success is of interest. */
static bool managed(const struct web_check *self, const char *method, const char *path, const char *json)
{
    struct doctor_answer answer;
    bool done = manage(self, (struct doctor_request){.method = method, .path = path, .json = json}, &answer);

    doctor_answer_fini(&answer);
    return done;
}

/* Posts a heartbeat's body with STATUS as the member: to heartbeat, or to join. */
static void post_beat(const struct web_check *self, const char *to, const char *status, struct doctor_answer *answer)
{
    char path[128];
    char json[80];

    snprintf(path, sizeof path, "/v1/workspaces/%s/%s", self->workspace, to);
    snprintf(json, sizeof json, beat_format, status);
    send_request(self, (struct doctor_request){.method = "POST", .path = path, .token = self->token, .json = json},
                 answer);
}

/* ---- single requests ---- */

static bool check_authorization(struct web_check *self)
{
    struct doctor_answer answer;
    bool passed =
        manage(self, (struct doctor_request){.method = "GET", .path = "/v1/admin/workspaces?limit=1"}, &answer);

    if (passed)
        doctor_report(self->doctor, FINDING_GOOD, subject, "it passes Authorization on");
    else if (doctor_answer_has(&answer, "code", "no_credential"))
        doctor_report(
            self->doctor, FINDING_BAD, subject,
            "it does not pass Authorization on, so every request with a token is answered 401; for Apache set "
            "\"CGIPassAuth On\"");
    else if (doctor_answer_has(&answer, "code", "invalid_credential"))
        doctor_report(self->doctor, FINDING_BAD, subject,
                      "a token of this database is not accepted there: it leads to a rollcalld with another "
                      "configuration, or auth in %s does not include \"token\"",
                      self->doctor->conf->path);
    else
        doctor_report(self->doctor, FINDING_BAD, subject, "a request with a token is answered %d %s", answer.status,
                      answer.error);
    doctor_answer_fini(&answer);
    return passed;
}

static void check_slashes(struct web_check *self)
{
    char path[128];
    struct doctor_answer answer;

    snprintf(path, sizeof path, "/v1/admin/workspaces/%s/members/a%%2Fb", self->workspace);
    manage(self, (struct doctor_request){.method = "GET", .path = path}, &answer);
    if (doctor_answer_has(&answer, "code", "not_found"))
        doctor_report(self->doctor, FINDING_GOOD, subject, "ids with a slash (%%2F in a path) reach Rollcall");
    else
        doctor_report(self->doctor, FINDING_BAD, subject,
                      "it rejects %%2F in a path (%d), so users with a slash in their id cannot be managed; for Apache "
                      "set \"AllowEncodedSlashes NoDecode\" in the virtual host",
                      answer.status);
    doctor_answer_fini(&answer);
}

/* Imports a member who exists already, and much white space: no other request may be so long. */
static void check_bodies(struct web_check *self)
{
    struct doctor_answer answer;
    struct buf body;
    char path[128];

    buf_init(&body);
    buf_add_text(&body, "{\"user\":\"doctor\"}\n");
    memset(buf_reserve(&body, LARGE_BODY), ' ', LARGE_BODY);
    buf_commit(&body, LARGE_BODY);
    buf_add_char(&body, '\n');
    snprintf(path, sizeof path, "/v1/admin/workspaces/%s/members", self->workspace);
    if (manage(self, (struct doctor_request){.method = "POST", .path = path, .json = body.data}, &answer))
        doctor_report(self->doctor, FINDING_GOOD, subject, "it accepts bodies of 1 MB");
    else
        doctor_report(self->doctor, FINDING_NOTE, subject,
                      "a body of 1 MB is answered %d %s, so large imports will fail; for nginx set "
                      "\"client_max_body_size 2m\"",
                      answer.status, answer.error);
    doctor_answer_fini(&answer);
    buf_fini(&body);
}

static void check_metrics(struct web_check *self)
{
    struct doctor_answer answer;

    send_request(self, (struct doctor_request){.method = "GET", .path = "/metrics"}, &answer);
    if (answer.status == 200)
        doctor_report(self->doctor, FINDING_NOTE, subject,
                      "%s/metrics can be read from here; make sure that the public cannot read it", self->site->prefix);
    doctor_answer_fini(&answer);
}

/* ---- polls ---- */

/* Joins as the member, who is active then, and goes on from that. */
static bool join(struct web_check *self)
{
    struct doctor_answer answer;

    post_beat(self, "join", "active", &answer);
    bool joined = (answer.status == 201 || answer.status == 200) &&
                  doctor_answer_text(&answer, "cursor", self->cursor, sizeof self->cursor);
    if (!joined)
        doctor_report(self->doctor, FINDING_BAD, subject, "a join is answered %d %s", answer.status,
                      answer.body.data ? answer.body.data : answer.error);
    doctor_answer_fini(&answer);
    return joined;
}

static _Noreturn void go_away_in_a_second(const struct web_check *self)
{
    struct doctor_answer answer;

    sleep(1);
    post_beat(self, "heartbeat", "away", &answer);
    _exit(0);
}

/* Makes the member away after a second, in a process of its own, since this one waits in the poll that this ends. */
static pid_t change_later(const struct web_check *self)
{
    pid_t child = fork();

    if (child == 0)
        go_away_in_a_second(self);
    return child;
}

static void poll_from_cursor(const struct web_check *self, struct doctor_answer *answer)
{
    char path[256];

    snprintf(path, sizeof path, "/v1/workspaces/%s/stream?since=%s", self->workspace, self->cursor);
    const struct doctor_request request = {
        .method = "GET", .path = path, .token = self->token, .patience_s = self->doctor->conf->wait_s + PATIENCE_S};
    doctor_http_request(self->site, &request, answer);
}

/* Makes a change while a poll waits, which ANSWER is of. Returns whether it came through at once. */
static bool is_told_at_once(struct web_check *self, struct doctor_answer *answer)
{
    pid_t child = change_later(self);

    poll_from_cursor(self, answer);
    doctor_answer_text(answer, "cursor", self->cursor, sizeof self->cursor);
    if (child > 0)
        waitpid(child, NULL, 0);
    return doctor_answer_has(answer, "status", "away") && answer->took_ms < 1000 + PROMPT_MS;
}

/* An answer must come through at once, even while other requests wait. */
static void check_buffering(struct web_check *self)
{
    struct doctor_answer answer;
    bool prompt = is_told_at_once(self, &answer);

    for (unsigned looks = 1; !prompt && looks < LOOKS_MAX && join(self); looks++) {
        doctor_answer_fini(&answer);
        prompt = is_told_at_once(self, &answer);
    }
    if (prompt)
        doctor_report(self->doctor, FINDING_GOOD, subject, "it passes a change on to waiting polls at once");
    else
        doctor_report(self->doctor, FINDING_BAD, subject,
                      "a change after 1 s was answered %d after %.1f s: it buffers answers, or serves one request at a "
                      "time",
                      answer.status, (double)answer.took_ms / 1000);
    doctor_answer_fini(&answer);
}

static void check_timeout(struct web_check *self)
{
    unsigned wait_s = self->doctor->conf->wait_s;
    struct doctor_answer answer;

    doctor_report_wait(subject, "waiting for a poll of %u s ...", wait_s);
    poll_from_cursor(self, &answer);
    if (answer.status == 200)
        doctor_report(self->doctor, FINDING_GOOD, subject,
                      "its read timeout is longer than wait: a poll of %u s is answered", wait_s);
    else
        doctor_report(self->doctor, FINDING_BAD, subject,
                      "a poll of %u s ended after %.1f s with %d %s: raise its read timeout above that (nginx: "
                      "fastcgi_read_timeout; Apache: timeout= of ProxyPass; Caddy: remove read_timeout), or lower wait",
                      wait_s, (double)answer.took_ms / 1000, answer.status, answer.error);
    doctor_answer_fini(&answer);
}

/* ---- a workspace for the checks ---- */

static void name_workspace(struct web_check *self)
{
    unsigned char bytes[6];

    random_bytes(bytes, sizeof bytes);
    snprintf(self->workspace, sizeof self->workspace, "doctor-%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2],
             bytes[3], bytes[4], bytes[5]);
}

static bool create_token(struct web_check *self)
{
    struct doctor_answer answer;
    const struct doctor_request request = {
        .method = "POST",
        .path = "/v1/admin/tokens",
        .json = "{\"user\":\"doctor\",\"label\":\"rollcalld --doctor\",\"expires_in\":600}",
    };
    bool created =
        manage(self, request, &answer) && doctor_answer_text(&answer, "token", self->token, sizeof self->token);

    self->token_id = doctor_answer_int(&answer, "id");
    doctor_answer_fini(&answer);
    return created;
}

static bool enter(struct web_check *self)
{
    char path[128];

    snprintf(path, sizeof path, "/v1/admin/workspaces/%s", self->workspace);
    bool created = managed(self, "PUT", path, "{\"name\":\"rollcalld --doctor\"}");
    snprintf(path, sizeof path, "/v1/admin/workspaces/%s/members/doctor", self->workspace);
    if (created && managed(self, "PUT", path, "{}") && create_token(self))
        return join(self);
    doctor_report(self->doctor, FINDING_BAD, subject,
                  "polls were not checked: no workspace could be created through it");
    return false;
}

static void leave(struct web_check *self)
{
    char path[128];

    snprintf(path, sizeof path, "/v1/admin/workspaces/%s", self->workspace);
    managed(self, "DELETE", path, NULL);
    snprintf(path, sizeof path, "/v1/admin/tokens/%lld", (long long)self->token_id);
    if (self->token_id)
        managed(self, "DELETE", path, NULL);
}

/* ---- all of it ---- */

static void check_polls(struct web_check *self)
{
    if (!self->doctor->redis_works) {
        doctor_report(self->doctor, FINDING_NOTE, subject, "polls are not checked, since Redis cannot be used");
        return;
    }
    if (!enter(self))
        return;
    check_bodies(self);
    check_buffering(self);
    check_timeout(self);
    doctor_events(self->doctor, &(struct doctor_member){self->site, self->workspace, self->token, self->server});
}

static void check_requests(struct web_check *self)
{
    if (!check_authorization(self))
        return;
    name_workspace(self);
    check_slashes(self);
    check_metrics(self);
    check_polls(self);
    leave(self);
}

void doctor_web(struct doctor *doctor, const char *url, const char *token)
{
    struct doctor_site site;
    struct doctor_answer answer;
    char server[128] = "";

    if (!doctor_mount_find(doctor, url, &site, &answer))
        return;
    doctor_apache(doctor, &answer);
    doctor_nginx(doctor, &answer);
    doctor_answer_header(&answer, "Server", server, sizeof server);
    doctor_answer_fini(&answer);
    doctor_script(doctor, &site);
    check_requests(&(struct web_check){.doctor = doctor, .site = &site, .admin = token, .server = server});
    doctor_site_fini(&site);
}
