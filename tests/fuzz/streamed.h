/* SPDX-License-Identifier: ISC */
/*
 * What is true of every stream of Server-Sent Events, whatever was asked: each part is one whole event of a known type,
 * cursors move on and never back, nothing is sent that the socket has no room for, and the last event says why it ends.
 */
#ifndef ROLLCALL_TESTS_FUZZ_STREAMED_H
#define ROLLCALL_TESTS_FUZZ_STREAMED_H

#include "answer.h"
#include "base/ids.h"
#include "view/cursor.h"

/* A stream as its client has seen it so far. */
struct streamed {
    bool began;
    bool held;            /* the socket did not take the last part whole */
    bool told;            /* of changes, up to CURSOR */
    struct cursor cursor; /* of the last event that had one */
};

/* The fields of an event; NULL for one that it does not have. */
struct streamed_event {
    char *id, *type, *data;
};

/* ---- events as bytes ---- */

static inline void streamed_take_field(struct streamed_event *event, char *line)
{
    char *value = strstr(line, ": ");
    char **field = strncmp(line, "id:", 3) == 0      ? &event->id
                   : strncmp(line, "event:", 6) == 0 ? &event->type
                   : strncmp(line, "data:", 5) == 0  ? &event->data
                                                     : NULL;

    insist(field && value, "an event's field is known, and has a value");
    insist(!*field, "it has each field once");
    *field = value + 2;
}

/* Cuts TEXT, LEN bytes of one event, into its fields. */
static inline struct streamed_event streamed_cut(char *text, size_t len)
{
    struct streamed_event event = {NULL, NULL, NULL};
    char *line;

    insist(len > 2 && strlen(text) == len && strcmp(text + len - 2, "\n\n") == 0, "an event ends with an empty line");
    text[len - 2] = '\0';
    insist(!strstr(text, "\n\n") && !strchr(text, '\r'), "there is no other one in it");
    while ((line = fuzz_line(&text)))
        streamed_take_field(&event, line);
    insist(event.type && event.data, "an event has a type and data");
    return event;
}

/* ---- what each of them says ---- */

/* Each user once, each with a status that one can have. */
static inline void streamed_look_at_changes(const json_t *changes)
{
    json_t *seen = json_object();
    size_t i;
    json_t *change;

    insist(json_is_array(changes), "changes are a list");
    json_array_foreach(changes, i, change)
    {
        const char *user = answer_text(change, "user");
        const char *status = answer_text(change, "status");

        insist(ids_user_ok(user, strlen(user)) && !json_object_get(seen, user), "each user is told of once");
        insist(strcmp(status, "active") == 0 || strcmp(status, "away") == 0 || strcmp(status, "offline") == 0,
               "with a status");
        json_object_set_new(seen, user, json_true());
    }
    json_decref(seen);
}

/* Reads the cursor of a page whose event has ID, and compares it with the one before. */
static inline void streamed_move_on(struct streamed *self, const char *id, const json_t *data)
{
    const struct cursor before = self->cursor;
    struct cursor *now = &self->cursor;

    insist(id && strcmp(id, answer_text(data, "cursor")) == 0, "the id is the cursor");
    insist(cursor_parse(id, strlen(id), now), "which is one");
    insist(now->head == 0 || json_is_true(json_object_get(data, "more")), "while everybody is told of, more comes");
    if (!self->told)
        return;
    insist(json_is_false(json_object_get(data, "resync")), "only the first page begins again");
    insist(strcmp(now->epoch, before.epoch) == 0, "a stream is of one epoch");
    insist(now->seq > before.seq || (now->seq == before.seq && now->head != before.head) ||
               json_object_get(data, "places"),
           "it moves on");
}

static inline void streamed_look_at_news(struct streamed *self, const char *id, const json_t *data)
{
    streamed_move_on(self, id, data);
    streamed_look_at_changes(json_object_get(data, "changes"));
    self->told = true;
}

static inline void streamed_look_at_end(const json_t *data)
{
    static const char *const codes[] = {
        "expired_credential", "not_a_member",      "session_ended", "superseded",
        "too_many_polls",     "redis_unavailable", "draining",      "rotate",
    };
    const char *code = answer_text(data, "code");
    size_t i = 0;

    while (i < sizeof codes / sizeof *codes && strcmp(code, codes[i]) != 0)
        i++;
    insist(i < sizeof codes / sizeof *codes, "why a stream ends is documented");
    insist(json_integer_value(json_object_get(data, "retry_after")) >= 0, "and when to come back");
}

static inline void streamed_look_at(struct streamed *self, const struct streamed_event *event, bool last)
{
    json_error_t error;
    json_t *data = json_loads(event->data, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    const char *session = answer_text(data, "session");

    insist(json_is_object(data), "data is a JSON object");
    insist(last == (strcmp(event->type, "end") == 0), "the end comes last");
    insist(!event->id || strcmp(event->type, "changes") == 0, "only changes have an id");
    if (strcmp(event->type, "changes") == 0)
        streamed_look_at_news(self, event->id, data);
    else if (last)
        streamed_look_at_end(data);
    else if (strcmp(event->type, "beat") == 0)
        insist(ids_session_ok(session, strlen(session)), "a heartbeat is for a session");
    else
        insist(strcmp(event->type, "ping") == 0 && json_integer_value(json_object_get(data, "now")) > 0,
               "an event has a known type");
    json_decref(data);
}

/* ---- for targets ---- */

/* The head of an answer in parts, LEN bytes, and what comes with it. */
static inline void streamed_begin(struct streamed *self, struct answer *answer, const char *head, size_t len)
{
    static const char first[] = ": ok\n\n";
    size_t head_len = len - strlen(first);

    insist(len > strlen(first) && memcmp(head + head_len, first, strlen(first)) == 0, "a stream begins with a comment");
    answer_take_head(answer, head, head_len);
    insist(answer->status == 200 && strcmp(answer->type, "text/event-stream") == 0, "its head is that of a stream");
    insist(answer->length < 0, "nobody knows its length");
    *self = (struct streamed){.began = true};
}

/* PART, an event that is sent, the LAST or not. */
static inline void streamed_take(struct streamed *self, const struct blob *part, bool last)
{
    insist(part && utf8_ok(part->data, part->len), "an event is UTF-8");
    char *text = fuzz_text(part->data, part->len);
    const struct streamed_event event = streamed_cut(text, part->len);

    streamed_look_at(self, &event, last);
    free(text);
}

#endif
