/* SPDX-License-Identifier: ISC */
/*
 * What a web server does with requests to Rollcall, found by asking through it as a page would: in a workspace of its own, which
 * is removed at the end.
 */
#include "doctor/doctor.h"

#include "base/conf.h"
#include "base/random.h"
#include "doctor/doctor_http.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 10, LARGE_BODY = 1000000, PROMPT_MS = 1500 };

static const char part[] = "web server";

struct visit {
    struct doctor *doctor; /* borrowed, as all of these */
    const struct doctor_site *site;
    const char *admin; /* an administrator's token */
    char workspace[32];
    char token[128]; /* that of the one member */
    char cursor[80];
    long long token_id;
};

static const char body_of_beat[] = "{\"session\":\"doctor-session\",\"status\":\"%s\"}";

/* ---- asking ---- */

static void ask(const struct visit *self, const char *method, const char *path, const char *token, const char *json,
                struct doctor_answer *answer)
{
    doctor_ask(self->site, method, path, token, json, PATIENCE_S, answer);
}

/* METHOD on PATH as the administrator; whether it was a success. ANSWER is the caller's to end. */
static bool manage(const struct visit *self, const char *method, const char *path, const char *json,
                   struct doctor_answer *answer)
{
    ask(self, method, path, self->admin, json, answer);
    return answer->status >= 200 && answer->status < 300;
}

/* As manage(), where nothing of the answer but success is of interest. */
static bool managed(const struct visit *self, const char *method, const char *path, const char *json)
{
    struct doctor_answer answer;
    bool done = manage(self, method, path, json, &answer);

    doctor_answer_fini(&answer);
    return done;
}

static void path_in_workspace(const struct visit *self, const char *rest, char *out, size_t size)
{
    snprintf(out, size, "/v1/workspaces/%s/%s", self->workspace, rest);
}

/* ---- requests ---- */

static bool look_at_authorization(struct visit *self)
{
    struct doctor_answer answer;
    bool passed = manage(self, "GET", "/v1/admin/workspaces?limit=1", NULL, &answer);

    if (passed)
        doctor_say(self->doctor, FINDING_GOOD, part, "it passes Authorization on");
    else if (doctor_answer_has(&answer, "code", "no_credential"))
        doctor_say(self->doctor, FINDING_BAD, part,
                   "it does not pass Authorization on: every token is answered 401; Apache wants \"CGIPassAuth On\"");
    else if (doctor_answer_has(&answer, "code", "invalid_credential"))
        doctor_say(
            self->doctor, FINDING_BAD, part,
            "a token of this database is not known there: it leads to a rollcalld with another configuration, or auth "
            "in %s has no \"token\"",
            self->doctor->conf->path);
    else
        doctor_say(self->doctor, FINDING_BAD, part, "a request with a token is answered %d %s", answer.status,
                   answer.error);
    doctor_answer_fini(&answer);
    return passed;
}

static void look_at_slashes(struct visit *self)
{
    char path[128];
    struct doctor_answer answer;

    snprintf(path, sizeof path, "/v1/admin/workspaces/%s/members/a%%2Fb", self->workspace);
    manage(self, "GET", path, NULL, &answer);
    if (doctor_answer_has(&answer, "code", "not_found"))
        doctor_say(self->doctor, FINDING_GOOD, part, "ids with a slash (%%2F in a path) reach Rollcall");
    else
        doctor_say(
            self->doctor, FINDING_BAD, part,
            "it does not let %%2F in a path through (%d), so users with a slash in their id cannot be managed; Apache wants "
            "\"AllowEncodedSlashes NoDecode\" in the virtual host",
            answer.status);
    doctor_answer_fini(&answer);
}

/* By an import of a member who is there, and much white space: no other request may be so long. */
static void look_at_bodies(struct visit *self)
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
    if (manage(self, "POST", path, body.data, &answer))
        doctor_say(self->doctor, FINDING_GOOD, part, "it lets bodies of 1 MB through");
    else
        doctor_say(
            self->doctor, FINDING_NOTE, part,
            "a body of 1 MB is answered %d %s, so large imports will not pass; nginx wants \"client_max_body_size 2m\"",
            answer.status, answer.error);
    doctor_answer_fini(&answer);
    buf_fini(&body);
}

static void look_at_counters(struct visit *self)
{
    struct doctor_answer answer;

    ask(self, "GET", "/metrics", NULL, NULL, &answer);
    if (answer.status == 200)
        doctor_say(self->doctor, FINDING_NOTE, part, "%s/metrics can be read from here; see that not everyone can",
                   self->site->prefix);
    doctor_answer_fini(&answer);
}

/* ---- polls ---- */

/* In a process of its own, since the poll that it wakes is being waited for: the member becomes away in a second. */
static pid_t change_later(const struct visit *self)
{
    char path[128];
    char json[80];
    struct doctor_answer answer;
    pid_t child = fork();

    if (child != 0)
        return child;
    sleep(1);
    path_in_workspace(self, "heartbeat", path, sizeof path);
    snprintf(json, sizeof json, body_of_beat, "away");
    ask(self, "POST", path, self->token, json, &answer);
    _exit(0);
}

static void poll_from_cursor(const struct visit *self, struct doctor_answer *answer)
{
    char query[128];
    char path[256];

    snprintf(query, sizeof query, "stream?since=%s", self->cursor);
    path_in_workspace(self, query, path, sizeof path);
    doctor_ask(self->site, "GET", path, self->token, NULL, self->doctor->conf->wait_s + PATIENCE_S, answer);
}

/* An answer that comes while others wait must not be held back. */
static void look_at_buffering(struct visit *self)
{
    struct doctor_answer answer;
    pid_t child = change_later(self);
    bool told;

    poll_from_cursor(self, &answer);
    told = doctor_answer_has(&answer, "status", "away");
    if (told && answer.took_ms < 1000 + PROMPT_MS)
        doctor_say(self->doctor, FINDING_GOOD, part, "it gives a change to whoever waits at once");
    else
        doctor_say(
            self->doctor, FINDING_BAD, part,
            "a change after 1 s was answered %d after %.1f s: it holds answers back, or serves one request at a time",
            answer.status, (double)answer.took_ms / 1000);
    doctor_answer_text(&answer, "cursor", self->cursor, sizeof self->cursor);
    doctor_answer_fini(&answer);
    if (child > 0)
        waitpid(child, NULL, 0);
}

static void look_at_timeout(struct visit *self)
{
    unsigned wait_s = self->doctor->conf->wait_s;
    struct doctor_answer answer;

    printf("     %-13s a poll of %u s is waited for ...\n", part, wait_s);
    fflush(stdout);
    poll_from_cursor(self, &answer);
    if (answer.status == 200)
        doctor_say(self->doctor, FINDING_GOOD, part, "its read timeout is above wait: a poll of %u s passes", wait_s);
    else
        doctor_say(
            self->doctor, FINDING_BAD, part,
            "a poll of %u s ended after %.1f s with %d %s: raise its read timeout above that (nginx: fastcgi_read_timeout; "
            "Apache: timeout= of ProxyPass; Caddy: read_timeout), or lower wait",
            wait_s, (double)answer.took_ms / 1000, answer.status, answer.error);
    doctor_answer_fini(&answer);
}

/* ---- a workspace to ask in ---- */

static void name_workspace(struct visit *self)
{
    unsigned char bytes[6];

    random_bytes(bytes, sizeof bytes);
    snprintf(self->workspace, sizeof self->workspace, "doctor-%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2],
             bytes[3], bytes[4], bytes[5]);
}

static bool make_token(struct visit *self)
{
    struct doctor_answer answer;
    bool made = manage(self, "POST", "/v1/admin/tokens",
                       "{\"user\":\"doctor\",\"label\":\"rollcalld --doctor\",\"expires_in\":600}", &answer) &&
                doctor_answer_text(&answer, "token", self->token, sizeof self->token);
    const char *id = answer.body.data ? strstr(answer.body.data, "\"id\":") : NULL;

    if (id)
        sscanf(id, "\"id\":%lld", &self->token_id);
    doctor_answer_fini(&answer);
    return made;
}

static bool join(struct visit *self)
{
    struct doctor_answer answer;
    char path[128];
    char json[80];
    bool joined;

    path_in_workspace(self, "join", path, sizeof path);
    snprintf(json, sizeof json, body_of_beat, "active");
    ask(self, "POST", path, self->token, json, &answer);
    joined = answer.status == 201 && doctor_answer_text(&answer, "cursor", self->cursor, sizeof self->cursor);
    if (!joined)
        doctor_say(self->doctor, FINDING_BAD, part, "a join is answered %d %s", answer.status,
                   answer.body.data ? answer.body.data : answer.error);
    doctor_answer_fini(&answer);
    return joined;
}

static bool enter(struct visit *self)
{
    char path[128];

    snprintf(path, sizeof path, "/v1/admin/workspaces/%s", self->workspace);
    if (managed(self, "PUT", path, "{\"name\":\"rollcalld --doctor\"}")) {
        snprintf(path, sizeof path, "/v1/admin/workspaces/%s/members/doctor", self->workspace);
        if (managed(self, "PUT", path, "{}") && make_token(self))
            return join(self);
    }
    doctor_say(self->doctor, FINDING_BAD, part, "no workspace could be made through it to try polls in");
    return false;
}

static void leave(struct visit *self)
{
    char path[128];

    snprintf(path, sizeof path, "/v1/admin/workspaces/%s", self->workspace);
    managed(self, "DELETE", path, NULL);
    snprintf(path, sizeof path, "/v1/admin/tokens/%lld", self->token_id);
    if (self->token_id)
        managed(self, "DELETE", path, NULL);
}

void doctor_web(struct doctor *doctor, const char *url, const char *token)
{
    struct doctor_site site;
    struct visit self = {.doctor = doctor, .site = &site, .admin = token};

    if (doctor_find(doctor, url, &site) && look_at_authorization(&self)) {
        name_workspace(&self);
        look_at_slashes(&self);
        look_at_counters(&self);
        if (!doctor->redis_up)
            doctor_say(doctor, FINDING_NOTE, part, "polls are not tried, since Redis is not available");
        else if (enter(&self)) {
            look_at_bodies(&self);
            look_at_buffering(&self);
            look_at_timeout(&self);
        }
        leave(&self);
    }
    doctor_site_fini(&site);
}
