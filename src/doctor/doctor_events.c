/* SPDX-License-Identifier: ISC */
/* See doctor_events.h. */
#include "doctor/doctor_events.h"

#include "base/clock.h"
#include "doctor/doctor_http.h"
#include "doctor/doctor_report.h"
#include "doctor/doctor_stream.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    PATIENCE_S = 10,
    OPEN_MS = 3000,  /* in which the beginning has to come; a page waits no longer either */
    EVENT_MS = 3000, /* for which the event is waited for */
    PROMPT_MS = 200, /* after the answer to the request that made the change */
    LOOKS_MAX = 3,   /* if an event is late, since a busy machine can stand still for a moment */
};

static const char subject[] = "web server";

/* What was seen of a stream. */
struct seen {
    bool opened;     /* its first line came in time */
    bool told;       /* the event came */
    bool like_poll;  /* the answer was that of a poll */
    int64_t late_ms; /* how long after the change was made the event came */
};

/* A server, and what makes it pass events on. */
struct remedy {
    const char *server;
    const char *line;
};

static const struct remedy remedies[] = {
    {"lighttpd", "set \"server.stream-response-body = 1\" for Rollcall's path"},
    {"Apache", "add \"flushpackets=on\" to its ProxyPass"},
    {"Caddy", "set \"flush_interval -1\" in its reverse_proxy"},
    {"nginx", "remove X-Accel-Buffering from fastcgi_ignore_headers, or set \"fastcgi_buffering off\"; in a proxy in "
              "front of it set \"proxy_buffering off\""},
};
enum { REMEDIES = sizeof remedies / sizeof *remedies };

static const char *remedy_for(const char *server)
{
    for (size_t i = 0; i < REMEDIES; i++) {
        if (strncasecmp(server, remedies[i].server, strlen(remedies[i].server)) == 0)
            return remedies[i].line;
    }
    return "set \"server.stream-response-body = 1\" (lighttpd), \"flushpackets=on\" (Apache), \"flush_interval -1\" "
           "(Caddy) or \"fastcgi_buffering off\" (nginx)";
}

/* Makes the member STATUS. Returns whether that succeeded. */
static bool become(const struct doctor_member *self, const char *status)
{
    struct doctor_answer answer;
    char path[128];
    char json[80];

    snprintf(path, sizeof path, "/v1/workspaces/%s/heartbeat", self->workspace);
    snprintf(json, sizeof json, "{\"session\":\"doctor-session\",\"status\":\"%s\"}", status);
    const struct doctor_request request = {
        .method = "POST", .path = path, .token = self->token, .json = json, .patience_s = PATIENCE_S};
    doctor_http_request(self->site, &request, &answer);
    doctor_answer_fini(&answer);
    return answer.status == 200;
}

/* Sets CURSOR, of SIZE bytes, to the present one. Returns whether that succeeded. */
static bool read_cursor(const struct doctor_member *self, char *cursor, size_t size)
{
    struct doctor_answer answer;
    char path[128];

    snprintf(path, sizeof path, "/v1/workspaces/%s/status?limit=1", self->workspace);
    const struct doctor_request request = {
        .method = "GET", .path = path, .token = self->token, .patience_s = PATIENCE_S};
    doctor_http_request(self->site, &request, &answer);
    bool done = doctor_answer_text(&answer, "cursor", cursor, size);
    doctor_answer_fini(&answer);
    return done;
}

/* Asks for the events after CURSOR. */
static bool ask(const struct doctor_member *self, const char *cursor, struct doctor_incoming *incoming)
{
    char path[256];

    snprintf(path, sizeof path, "/v1/workspaces/%s/stream?since=%s", self->workspace, cursor);
    const struct doctor_request request = {
        .method = "GET", .path = path, .accept = "text/event-stream", .token = self->token, .patience_s = PATIENCE_S};
    return doctor_incoming_open(incoming, self->site, &request);
}

/* Makes a change, and looks what comes of it. */
static void look(const struct doctor_member *self, struct doctor_incoming *incoming, struct seen *seen)
{
    char type[64];

    seen->opened = doctor_incoming_has(incoming, ": ok\n", OPEN_MS);
    if (!become(self, "active"))
        return;
    int64_t began_ms = clock_mono_ms();
    seen->told = doctor_incoming_has(incoming, "\"status\":\"active\"", EVENT_MS);
    seen->late_ms = clock_mono_ms() - began_ms;
    seen->like_poll = doctor_answer_header(&incoming->answer, "Content-Type", type, sizeof type) &&
                      strncasecmp(type, "application/json", 16) == 0;
}

static bool is_prompt(const struct seen *seen)
{
    return seen->opened && seen->told && seen->late_ms <= PROMPT_MS;
}

static void report(struct doctor *doctor, const struct doctor_member *self, const struct seen *seen)
{
    if (seen->like_poll)
        doctor_report(
            doctor, FINDING_NOTE, subject,
            "a stream is answered like a poll, since Rollcall runs as a CGI program here; run it as a service "
            "to have streams");
    else if (is_prompt(seen))
        doctor_report(doctor, FINDING_GOOD, subject, "it passes the events of a stream on at once");
    else if (seen->told)
        doctor_report(doctor, FINDING_NOTE, subject,
                      "it passes the events of a stream on %.1f s late, so pages may use long polls; %s",
                      (double)seen->late_ms / 1000, remedy_for(self->server));
    else
        doctor_report(doctor, FINDING_NOTE, subject,
                      "it holds the events of a stream back, so pages use long polls; %s", remedy_for(self->server));
}

/* Opens a stream and sets SEEN to what is seen of it. Returns false if there is nothing to see. */
static bool try_stream(const struct doctor_member *self, struct seen *seen)
{
    struct doctor_incoming incoming;
    char cursor[80];

    *seen = (struct seen){.told = false};
    if (!become(self, "away") || !read_cursor(self, cursor, sizeof cursor))
        return false; /* the other checks have said why */
    if (ask(self, cursor, &incoming))
        look(self, &incoming, seen);
    doctor_incoming_close(&incoming);
    return true;
}

void doctor_events(struct doctor *doctor, const struct doctor_member *member)
{
    struct seen seen;
    unsigned looks = 0;

    do {
        if (!try_stream(member, &seen))
            return;
    } while (++looks < LOOKS_MAX && seen.told && !seen.like_poll && !is_prompt(&seen));
    report(doctor, member, &seen);
}
