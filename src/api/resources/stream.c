/* SPDX-License-Identifier: ISC */
/*
 * GET and POST /v1/workspaces/{ws}/stream: what changed after a cursor, at once if anything did, else when something does.
 * Here a poll is read, beaten for, and answered or parked; stream_wake.c answers what was parked.
 */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/service.h"
#include "api/resources/stream.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A poll on its way: what was asked, until it is answered or parked. */
struct stream {
    struct exchange *exchange;
    struct cursor since;
    enum status status;
    bool has_since;
    bool unknown_since; /* a cursor that is none of ours: as one that cannot be continued */
    bool is_beat;
    int64_t wait_s;
    int64_t n;
    int64_t beat;
    int64_t revision; /* the directory's, when it was asked whether the caller may */
    size_t limit;
    size_t count;
    char **users; /* owned, each too */
    char session[IDS_SESSION_MAX + 1];
};

static void stream_free(struct stream *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->users[i]);
    free(self->users);
    free(self);
}

static struct service *stream_service(const struct stream *self)
{
    return service_of(self->exchange);
}

/* ---- answering or parking ---- */

/* Where the poll begins, cursors of anyone else's making included. */
static enum view_start start_of(const struct stream *self, const struct view *view)
{
    if (self->unknown_since)
        return VIEW_RESYNC;
    return view_start(view, self->has_since ? &self->since : NULL);
}

static int64_t credential_deadline_ms(const struct caller *caller)
{
    if (caller->expires_ms == 0)
        return 0;
    return clock_mono_ms() + caller->expires_ms - clock_wall_ms();
}

static bool is_stranger(const struct stream *self, const struct view *view, const char *user)
{
    return !view_existing(view, user, strlen(user)) &&
           directory_is_member(stream_service(self)->directory, self->exchange->workspace, user) == DIRECTORY_NOT_FOUND;
}

/*
 * Puts those last who are nobody here, so that no entries are made for whatever ids a client makes up; their number. Asking the
 * database about them is work.
 */
static size_t part_strangers(struct stream *self, const struct view *view)
{
    size_t kept = 0;

    for (size_t i = 0; i < self->count; i++) {
        char *user = self->users[i];
        if (is_stranger(self, view, user))
            continue;
        self->users[i] = self->users[kept];
        self->users[kept++] = user;
    }
    service_charge(self->exchange, COST_WORK, (self->count - kept) / COSTS_WORK_ASKED);
    return self->count - kept;
}

/*
 * One too many ends the oldest, but not if the answer to that has begun: it could only be an empty 200, after which its client
 * asks again at once. Then the new one is refused: replies.
 */
static bool has_room(struct stream *self, const struct view *view)
{
    const char *user = self->exchange->caller.user;
    const struct conn *oldest = parked_crowded(stream_service(self)->parked, view, user, strlen(user));

    if (!oldest || !conn_begun(oldest))
        return true;
    exchange_problem(
        self->exchange, PROBLEM_TOO_MANY_POLLS,
        "A user may have %d polls waiting in a workspace, and as many wait. Nothing is lost: ask again later with the same "
        "cursor.",
        LIMIT_POLLS_PER_USER);
    return false;
}

static void park(struct stream *self, struct view *view)
{
    struct exchange *exchange = self->exchange;
    struct service *service = stream_service(self);
    size_t strangers = part_strangers(self, view);
    size_t *lens = mem_resize(NULL, self->count + 1, sizeof *lens);
    struct poll_spec spec = {
        .user = exchange->caller.user,
        .user_len = strlen(exchange->caller.user),
        .session = self->is_beat ? self->session : NULL,
        .beat = self->beat,
        .seq = view_head(view),
        .deadline_ms = clock_mono_ms() + self->wait_s * 1000,
        .credential = exchange->caller.credential,
        .credential_deadline_ms = credential_deadline_ms(&exchange->caller),
        .only = self->count > 0 ? (const char *const *)self->users : NULL,
        .only_len = lens,
        .only_count = self->count,
        .stranger_count = strangers,
        .limit = (uint32_t)self->limit,
        .cors = exchange->cors,
        .conn = exchange->conn,
    };

    for (size_t i = 0; i < self->count; i++)
        lens[i] = strlen(self->users[i]);
    conn_set_owner(exchange->conn, stream_on_gone, parked_add(service->parked, view, &spec));
    exchange_park(exchange);
    stream_free(self);
    free(lens);
    stream_on_due(service);
}

/* The existing entries of those that the poll is narrowed to, COUNT of them; NULL if it is not narrowed. */
static struct view_entry **find_users(const struct stream *self, const struct view *view, size_t *count)
{
    struct view_entry **only;

    *count = 0;
    if (self->count == 0)
        return NULL;
    only = mem_resize(NULL, self->count, sizeof *only);
    for (size_t i = 0; i < self->count; i++) {
        only[*count] = view_existing(view, self->users[i], strlen(self->users[i]));
        *count += only[*count] != NULL;
    }
    return only;
}

/* The answer that can be given right now; NULL where the poll has to wait. */
static struct blob *answer_now(struct stream *self, struct view *view)
{
    size_t only_count;
    struct view_entry **only = find_users(self, view, &only_count);
    struct view_query query = {self->exchange->caller.user, strlen(self->exchange->caller.user), only, only_count,
                               self->limit};
    enum view_start start = start_of(self, view);
    struct blob *body = NULL;

    if (start != VIEW_CONTINUE || self->since.head > 0 || view_has_news(view, self->since.seq, &query))
        body = view_page(view, start, &self->since, &query, NULL);
    else if (self->wait_s == 0 || self->exchange->head || stream_service(self)->draining)
        body = view_nothing(view, -1);
    free(only);
    service_charge(self->exchange, COST_WORK,
                   self->count / COSTS_WORK_NARROWED + (body ? body->len / COSTS_WORK_ANSWER : 0));
    return body;
}

/* The client went away while Redis was asked: as if it had from the park. */
static void give_up(struct stream *self)
{
    struct exchange *exchange = self->exchange;

    if (self->is_beat)
        presence_leave(
            stream_service(self)->presence,
            &(struct leave){exchange->workspace, exchange->caller.user, self->session, LEAVE_CLOSED, self->beat}, NULL,
            NULL);
    exchange_reply(exchange, 200, NULL);
    stream_free(self);
}

/* A caller who lost the right while Redis was asked gets no news, and is not parked behind the review of polls: replies then. */
static bool still_allowed(struct stream *self)
{
    struct directory *directory = stream_service(self)->directory;
    struct exchange *exchange = self->exchange;
    int64_t credential = exchange->caller.credential;

    if (directory_revision(directory) == self->revision)
        return true;
    if (credential && directory_has_token(directory, credential) == DIRECTORY_NOT_FOUND) {
        exchange_problem(exchange, PROBLEM_EXPIRED_CREDENTIAL, "%s", stream_revoked);
        return false;
    }
    if (directory_is_member(directory, exchange->workspace, exchange->caller.user) != DIRECTORY_NOT_FOUND)
        return true;
    exchange_problem(exchange, PROBLEM_NOT_A_MEMBER, "%s", service_no_member);
    return false;
}

/* Whether nobody could be told that there is news. */
static bool is_away(const struct stream *self)
{
    return presence_away(stream_service(self)->presence);
}

static void on_view(void *ctx, struct view *view)
{
    struct stream *self = ctx;
    struct blob *body;

    if (!view) {
        params_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
        stream_free(self);
        return;
    }
    if (!self->exchange->conn) {
        give_up(self);
        return;
    }
    if (!still_allowed(self)) {
        stream_free(self);
        return;
    }
    if (self->is_beat)
        parked_end_session(stream_service(self)->parked, view, self->exchange->caller.user,
                           strlen(self->exchange->caller.user), self->session, self->beat);
    body = answer_now(self, view);
    if (body)
        exchange_reply(self->exchange, 200, body);
    else if (is_away(self))
        params_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
    else if (has_room(self, view)) {
        park(self, view);
        return;
    }
    stream_free(self);
}

static void on_beat(void *ctx, const struct presence_reply *reply)
{
    struct stream *self = ctx;

    if (!params_presence_ok(self->exchange, reply->result)) {
        stream_free(self);
        return;
    }
    self->beat = reply->beat;
    self->is_beat = reply->beat > 0; /* one that came too late holds no session */
    if (reply->changed)
        service_charge(self->exchange, COST_BEAT, 1);
    presence_view(stream_service(self)->presence, self->exchange->workspace, reply->cursor.seq, on_view, self);
}

/* Another worker may have been ahead of this one's view when it gave the cursor. */
static int64_t read_up_to(const struct stream *self)
{
    return self->since.head > self->since.seq ? self->since.head : self->since.seq;
}

/*
 * A poll that makes others see another status costs what a heartbeat does, and only Redis knows whether it does: so it is
 * charged for afterwards, and one that could is refused while nothing is left. One that merely follows is never.
 */
static bool may_change(const struct stream *self)
{
    return !self->is_beat || self->status == STATUS_OFFLINE || service_spend(self->exchange, COST_BEAT, 0);
}

static void stream_begin(struct stream *self)
{
    struct exchange *exchange = self->exchange;
    struct beat beat = {.kind = BEAT_POLL,
                        .user = exchange->caller.user,
                        .session = self->session,
                        .status = self->status,
                        .n = self->n};

    self->revision = directory_revision(stream_service(self)->directory);
    beat.workspace = exchange->workspace = mem_text(exchange->path.segment[2]);
    if (is_away(self) && (self->is_beat || !presence_view_now(stream_service(self)->presence, exchange->workspace)))
        on_view(self, NULL);
    else if (self->is_beat)
        presence_beat(stream_service(self)->presence, &beat, on_beat, self);
    else
        presence_view(stream_service(self)->presence, exchange->workspace, read_up_to(self), on_view, self);
}

/* ---- reading what is asked ---- */

static void take_since(struct stream *self, const char *text, size_t len)
{
    if (!text || len == 0)
        return;
    self->has_since = cursor_parse(text, len, &self->since);
    self->unknown_since = !self->has_since;
}

/* Frees USERS, having copied them. */
static void take_users(struct stream *self, const char **users, size_t count)
{
    self->users = mem_resize(NULL, count + 1, sizeof *self->users);
    for (size_t i = 0; i < count; i++)
        self->users[i] = mem_text(users[i]);
    self->count = count;
    free(users);
}

static bool take_session(struct stream *self, const char *name, size_t len)
{
    if (!name)
        return true;
    if (!params_session_text(self->exchange, name, len))
        return false;
    memcpy(self->session, name, len);
    self->is_beat = true;
    return true;
}

static bool read_query(struct stream *self)
{
    struct exchange *exchange = self->exchange;
    const struct query *query = &exchange->query;
    int64_t longest = exchange->host->conf->wait_s;
    size_t len = 0;
    const char *text = query_get(query, "since", &len);
    const char **users;
    size_t count;

    take_since(self, text, len);
    text = query_get(query, "session", &len);
    if (!params_number(exchange, "wait", 0, longest, longest, &self->wait_s) || !params_limit(exchange, &self->limit) ||
        !take_session(self, text, len) || !params_count(exchange, NULL, &self->n) ||
        !params_status_text(exchange, query_get(query, "status", NULL), &self->status) ||
        !params_users(exchange, NULL, "user", &users, &count))
        return false;
    take_users(self, users, count);
    return true;
}

static bool json_number(struct stream *self, const struct json *json, const char *name, int64_t low, int64_t high,
                        int64_t *out)
{
    if (json_int(json, name, out) == JSON_WRONG_TYPE || *out < low) {
        exchange_problem(self->exchange, PROBLEM_BAD_REQUEST, "\"%s\" must be a whole number of at least %lld.", name,
                         (long long)low);
        return false;
    }
    if (*out > high)
        *out = high;
    return true;
}

static bool read_json(struct stream *self, const struct json *json)
{
    struct exchange *exchange = self->exchange;
    int64_t limit = LIMIT_PAGE_DEFAULT;
    const char *since = NULL;
    const char *session = NULL;
    const char **users;
    size_t len = 0;
    size_t count;

    self->wait_s = exchange->host->conf->wait_s;
    if (json_text(json, "since", &since, &len) == JSON_WRONG_TYPE) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"since\" must be a string.");
        return false;
    }
    take_since(self, since, len);
    if (!params_session(exchange, json, false, &session) ||
        !take_session(self, session, session ? strlen(session) : 0) || !params_count(exchange, json, &self->n) ||
        !params_status(exchange, json, &self->status) ||
        !json_number(self, json, "wait", 0, exchange->host->conf->wait_s, &self->wait_s) ||
        !json_number(self, json, "limit", 1, LIMIT_PAGE, &limit) ||
        !params_users(exchange, json, "users", &users, &count))
        return false;
    self->limit = (size_t)limit;
    take_users(self, users, count);
    return true;
}

static struct stream *stream_new(struct exchange *exchange)
{
    struct stream *self = mem_new(sizeof *self);

    self->exchange = exchange;
    return self;
}

void stream_get(struct exchange *exchange)
{
    struct stream *self = stream_new(exchange);

    if (read_query(self) && may_change(self))
        stream_begin(self);
    else
        stream_free(self);
}

void stream_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct stream *self;

    if (!json)
        return;
    self = stream_new(exchange);
    if (read_json(self, json) && may_change(self))
        stream_begin(self);
    else
        stream_free(self);
    json_free(json);
}
