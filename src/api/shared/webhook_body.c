/* SPDX-License-Identifier: ISC */
/* See webhook_body.h. */
#include "api/shared/webhook_body.h"

#include "api/shared/problems.h"
#include "api/shared/webhook_url.h"
#include "base/ids.h"

#include <stdlib.h>
#include <string.h>

enum { DELAY_DEFAULT_S = 3 /* a page that is loaded again is not gone */ };

/* The name of each bit of enum webhook_event, from the lowest. */
static const char *const event_names[] = {"status", "message", "dnd", "member", "dm"};
enum { EVENTS = sizeof event_names / sizeof *event_names };

bool webhook_path_id(struct exchange *exchange, const char **out)
{
    *out = exchange->path.segment[3];
    return ids_workspace_ok(*out, exchange->path.len[3]) ||
           exchange_refuse(
               exchange, "Invalid webhook id: it must be 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', and begin with a "
                         "letter or digit.");
}

bool webhook_ok(struct exchange *exchange, enum directory_result result)
{
    if (result != DIRECTORY_NOT_FOUND)
        return problems_directory_ok(exchange, result);
    exchange_problem(exchange, PROBLEM_NOT_FOUND, "Webhook \"%s\" not found.", exchange->path.segment[3]);
    return false;
}

static bool read_url(struct exchange *exchange, const struct json *json, struct webhook *out)
{
    size_t len = 0;
    enum json_got got = json_text(json, "url", &out->url, &len);

    if (got == JSON_ABSENT)
        return exchange_refuse(exchange, "\"url\" is missing. Send where changes are to be sent, as in "
                                         "{\"url\": \"https://app.example.org/rollcall\"}.");
    const char *fault = got == JSON_GOT ? webhook_url_fault(out->url, len) : "\"url\" must be a string.";
    return !fault || exchange_refuse(exchange, fault);
}

static bool read_workspace(struct exchange *exchange, const struct json *json, struct webhook *out)
{
    size_t len = 0;
    enum json_got got = json_text(json, "workspace", &out->workspace, &len);

    return got == JSON_ABSENT || (got == JSON_GOT && ids_workspace_ok(out->workspace, len)) ||
           exchange_refuse(exchange, "\"workspace\" must be a workspace's id. Leave it out for all workspaces.");
}

static unsigned event_of(const char *name)
{
    for (unsigned i = 0; i < EVENTS; i++)
        if (strcmp(event_names[i], name) == 0)
            return 1u << i;
    return 0;
}

static bool take_events(struct exchange *exchange, const char *const *names, size_t count, unsigned *events)
{
    for (size_t i = 0; i < count; i++) {
        unsigned event = event_of(names[i]);
        if (event == 0)
            return exchange_refuse(exchange,
                                   "Unknown name in \"events\". Known names: status, message, dnd, member, dm.");
        *events |= event;
    }
    return count > 0 ||
           exchange_refuse(exchange,
                           "\"events\" is empty. Name at least one, or leave it out for all: status, message, "
                           "dnd, member, dm.");
}

static bool read_events(struct exchange *exchange, const struct json *json, struct webhook *out)
{
    const char **names = NULL;
    size_t count = 0;
    enum json_got got = json_texts(json, "events", &names, &count);

    if (got == JSON_ABSENT)
        out->events = WEBHOOK_ALL;
    if (got == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"events\" must be an array of names: status, message, dnd, member, dm.");
    bool ok = got == JSON_ABSENT || take_events(exchange, names, count, &out->events);
    free(names);
    return ok;
}

static bool read_delay(struct exchange *exchange, const struct json *json, struct webhook *out)
{
    out->delay_s = DELAY_DEFAULT_S;
    enum json_got got = json_int(json, "delay", &out->delay_s);
    bool in_range = out->delay_s >= 0 && out->delay_s <= WEBHOOK_DELAY_MAX_S;

    return (got != JSON_WRONG_TYPE && in_range) ||
           exchange_refuse(exchange, "\"delay\" must be a whole number of seconds, from 0 to 60.");
}

static bool read_flags(struct exchange *exchange, const struct json *json, struct webhook *out)
{
    out->reveal = false;
    out->active = true;
    if (json_bool(json, "reveal", &out->reveal) == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"reveal\" must be true or false.");
    return json_bool(json, "active", &out->active) != JSON_WRONG_TYPE ||
           exchange_refuse(exchange, "\"active\" must be true or false.");
}

bool webhook_body_read(struct exchange *exchange, const struct json *json, struct webhook *out)
{
    *out = (struct webhook){0};
    return read_url(exchange, json, out) && read_workspace(exchange, json, out) && read_events(exchange, json, out) &&
           read_delay(exchange, json, out) && read_flags(exchange, json, out);
}

void webhook_events_format(unsigned events, char text[WEBHOOK_EVENTS_TEXT])
{
    *text = '\0';
    for (unsigned i = 0; i < EVENTS; i++) {
        if (!(events & 1u << i))
            continue;
        if (*text)
            strcat(text, " ");
        strcat(text, event_names[i]);
    }
}
