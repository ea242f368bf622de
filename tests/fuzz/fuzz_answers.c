/* SPDX-License-Identifier: ISC */
/*
 * Any bytes from Redis: what a script's answer is taken for is in bounds, whichever script was called, and a message
 * of a channel is what its words say. The input is a line of two numbers (what the call asked for: after which seq or
 * rank, and how many), then replies in Redis's protocol, which come in portions.
 */
#include "base/limits.h"
#include "fuzz.h"
#include "presence/answers.h"
#include "presence/messages.h"
#include "presence/place_answers.h"
#include "presence/scripts.h"
#include "redis/redis_arena.h"
#include "redis/redis_value_private.h"
#include "view/note.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>

enum { DEPTH_MAX = 16 };

/* What was asked for. */
struct asked {
    int64_t after;
    int64_t count;
};

static bool is_number(int64_t number)
{
    return number >= 0 && number <= ANSWER_MAX;
}

/* ---- values ---- */

/* That VALUE and what is in it can be read to the end, and is one kind of thing each. */
static void read_value(const struct redis_value *value, unsigned depth)
{
    size_t len;
    const char *text = redis_value_text(value, &len);

    insist(depth <= DEPTH_MAX, "replies are not nested deeper than the parser allows");
    insist(!text || text[len] == '\0', "a text ends with a NUL");
    insist(!text || redis_value_count(value) == 0, "a text is not a list");
    insist(!redis_value_at(value, redis_value_count(value)), "a list ends");
    for (size_t i = 0; i < redis_value_count(value); i++)
        read_value(redis_value_at(value, i), depth + 1);
}

/* ---- scripts ---- */

static void look_at_change(const struct change *change)
{
    insist(is_number(change->seq) && is_number(change->since_ms), "a change's numbers are in bounds");
    insist(change->status <= STATUS_ACTIVE && change->why <= WHY_REMOVED, "a change's words are known");
    insist(change->note_len == 0 || note_ok(change->note, change->note_len), "its note is one");
}

static void look_at_answer(const struct answer *answer)
{
    insist(strlen(answer->epoch) == EPOCH_LEN, "an epoch has its length");
    insist(is_number(answer->seq) && is_number(answer->now_ms) && is_number(answer->beat), "numbers are in bounds");
    insist(answer->own <= STATUS_ACTIVE && answer->shown <= STATUS_ACTIVE && answer->result <= PRESENCE_UNAVAILABLE,
           "words are known");
    insist(is_number(answer->own_rev), "a rev is in bounds");
    look_at_change(&answer->change);
}

/* At most one of the scripts about one session or workspace can have answered so. What say answers looks like a beat. */
static void look_at_sessions_scripts(const struct redis_value *value)
{
    struct answer answer;
    bool beat, leave, mark;

    if ((beat = answer_beat(value, &answer)))
        look_at_answer(&answer);
    if ((leave = answer_leave(value, &answer)))
        look_at_answer(&answer);
    if ((mark = answer_mark(value, &answer)))
        look_at_answer(&answer);
    insist(beat + leave + mark <= 1, "scripts are told apart");
    if (answer_say(value, &answer)) {
        look_at_answer(&answer);
        insist(!beat, "the sixth word tells a beat apart");
    }
}

static void look_at_upkeep(const struct redis_value *value, const struct asked *asked)
{
    struct answer_expire expire;
    struct answer_adopt adopt;
    int64_t next;
    bool more;

    if (answer_drop(value, &more))
        insist(redis_value_int(value, -1) == more, "there is more to drop, or not");
    if (answer_expire(value, asked->count, &expire))
        insist(expire.now_ms > 0 && is_number(expire.now_ms) && expire.taken >= 0 && expire.taken <= asked->count &&
                   is_number(expire.malformed) && expire.ended >= 0 && expire.ended <= expire.taken,
               "no more lapse than were asked for");
    if (answer_prune(value, asked->after, asked->count, &next))
        insist(next == -1 || (next >= asked->after && next <= asked->after + asked->count), "pruning leads on or ends");
    if (answer_adopt(value, asked->after, asked->count, &adopt))
        insist((adopt.next_seq == -1 || (adopt.next_seq > asked->after && is_number(adopt.next_seq))) &&
                   is_number(adopt.until_seq) && adopt.adopted >= 0 && adopt.adopted <= asked->count,
               "the walk leads on or ends");
}

static void look_at_changes(const struct redis_value *value, const struct asked *asked)
{
    struct answer_changes page;
    int64_t last = asked->after;

    if (!answer_changes(value, asked->after, (size_t)asked->count, &page))
        return;
    insist(strlen(page.epoch) == EPOCH_LEN && is_number(page.head) && is_number(page.floor), "its head is in bounds");
    insist(page.floor <= page.head, "no reader is behind what was pruned and at the head");
    insist(page.count <= (size_t)asked->count && page.count < redis_value_count(value), "a page has so many changes");
    for (size_t i = 0; i < page.count; i++) {
        struct change change;
        bool known = answer_change(value, i, &change);

        insist(change.seq >= last && change.seq <= page.head, "seqs rise, up to the head");
        last = change.seq;
        if (!known)
            continue;
        look_at_change(&change);
        insist(change.key && change.key_len > 0, "it is about somebody");
        insist(change.key[0] == '\1' || ids_user_ok(change.key, change.key_len), "whose id may be one");
    }
    insist(page.last_seq == last, "the last one is the last");
    insist(page.count < (size_t)asked->count || page.last_seq > asked->after, "a full page leads on");
}

static void look_at_own(const struct redis_value *value)
{
    struct answer_own own;

    if (answer_own(value, &own))
        insist(is_number(own.now_ms) && own.own <= STATUS_ACTIVE && own.shown <= STATUS_ACTIVE &&
                   (own.rev == -1 || is_number(own.rev)),
               "what a user is is in bounds");
}

static void look_at_sessions(const struct redis_value *value)
{
    struct answer_sessions sessions;

    if (!answer_sessions(value, &sessions))
        return;
    insist(is_number(sessions.now_ms) && sessions.own <= STATUS_ACTIVE, "its head is in bounds");
    insist(sessions.count < redis_value_count(value), "no session is made up");
    for (size_t i = 0; i < sessions.count; i++) {
        struct session_row row = answer_session(value, i);

        insist(row.session && row.status && row.flag && is_number(row.lease_ends_ms), "a session is whole");
    }
}

/* ---- places ---- */

static void look_at_thing(const struct place_thing *thing)
{
    insist(is_number(thing->arrived_ms) && is_number(thing->ends_ms), "a thing's times are in bounds");
    insist(place_doing_ok(thing->doing, thing->doing_len) && ids_user_ok(thing->user, thing->user_len),
           "its word and its user may be that");
}

static void look_at_place(const struct redis_value *value)
{
    struct place_thing things[LIMIT_PLACE_THINGS];
    int64_t now_ms;
    size_t count, found = 0;

    if (!answer_place(value, &now_ms, &count))
        return;
    insist(is_number(now_ms) && count <= LIMIT_PLACE_THINGS, "no more things than were asked for");
    for (size_t i = 0; i < count; i++) {
        if (!answer_thing(value, i, &things[found]))
            continue;
        look_at_thing(&things[found++]);
    }
    struct place_set *set = place_set_new("x", things, found);
    insist(place_set_count(set, PLACE_QUIET) <= place_set_count(set, PLACE_ALL), "who types is left out");
    insist(place_set_count(set, PLACE_ALL) <= found, "nobody is made up");
    insist((place_set_mark(set, PLACE_ALL) == 0) == (found == 0), "the empty set has no mark, and the others do");
    place_set_free(set);
}

static void look_at_places(const struct redis_value *value)
{
    struct answer_at at;
    int64_t now_ms;
    size_t count;

    insist(!answer_stay(value, 3, &now_ms) || is_number(now_ms), "what goes on has a time");
    if (answer_at(value, &at))
        insist(is_number(at.now_ms) && at.result <= PRESENCE_UNAVAILABLE, "what was done is known");
    look_at_place(value);
    for (size_t i = 0; answer_places(value, &count) && i < count; i++) {
        const char *name = answer_place_name(value, i);
        insist(!name || place_name_ok(name, strlen(name)), "a name is one");
    }
}

/* ---- channels ---- */

/* That TEXT says what was read from it, but for zeros before a number. */
static void look_at_message(const char *text)
{
    char epoch[EPOCH_LEN + 1];
    struct change change;

    if (!message_change(text, epoch, &change))
        return;
    look_at_change(&change);
    insist(strncmp(text, epoch, strlen(epoch)) == 0 && text[strlen(epoch)] == ' ', "the epoch comes first");
    size_t note_len = change.note ? change.note_len + 1 : 0;
    insist(change.key_len > 0 && change.key + change.key_len + note_len == text + strlen(text),
           "key and note come last");
    insist(change.key[0] == '\1' || ids_user_ok(change.key, change.key_len), "the key may be one");
    insist(strtoll(text + strlen(epoch) + 1, NULL, 10) == change.seq, "the seq comes second");
}

static void look_at_session(const char *text)
{
    struct session_message it;

    if (!message_session(text, &it))
        return;
    const char *beat = it.what == SESSION_SUPERSEDED ? text : strchr(text, ' ') + 1;
    insist(strtoll(beat, NULL, 10) == it.beat && is_number(it.beat), "the beat comes first, or after what happened");
    insist(strlen(it.workspace) <= IDS_WORKSPACE_MAX && strlen(it.session) <= IDS_SESSION_MAX, "names are so long");
    insist(it.user >= text && it.user <= text + strlen(text), "the user is in the text");
}

static void look_at_place_message(const char *text)
{
    struct place_message it;

    if (!message_place(text, &it))
        return;
    insist(place_name_ok(it.place, strlen(it.place)) && place_doing_ok(it.doing, strlen(it.doing)), "names are some");
    insist(ids_user_ok(it.user, strlen(it.user)), "the user is one");
}

static void look_at_own_message(const char *text)
{
    struct own_message it;

    if (!message_own(text, &it))
        return;
    size_t len = strlen(it.workspace);
    insist(strncmp(text, it.workspace, len) == 0 && text[len] == ' ', "the workspace comes first");
    insist(strtoll(text + len, NULL, 10) == it.rev && is_number(it.rev), "the rev comes second");
    insist(it.user >= text && it.user <= text + strlen(text), "the user is in the text");
}

static void look_at_channel(const char *text)
{
    size_t len;
    const char *workspace = script_channel_workspace(text, &len);

    if (!workspace)
        workspace = script_channel_places(text, &len);
    insist(!workspace || (len > 0 && workspace > text && workspace + len < text + strlen(text)), "it is a part of it");
}

/* ---- all of it ---- */

static void look(const struct redis_value *value, const struct asked *asked)
{
    const char *text = redis_value_text(value, NULL);

    read_value(value, 0);
    look_at_sessions_scripts(value);
    look_at_upkeep(value, asked);
    look_at_changes(value, asked);
    look_at_sessions(value);
    look_at_own(value);
    look_at_places(value);
    if (!text)
        return;
    look_at_message(text);
    look_at_session(text);
    look_at_own_message(text);
    look_at_place_message(text);
    look_at_channel(text);
}

static struct asked asked_by(const char *line)
{
    struct asked asked = {0, 256};

    if (sscanf(line, "%" SCNd64 " %" SCNd64, &asked.after, &asked.count) < 1)
        return asked;
    asked.after = is_number(asked.after) ? asked.after : 0;
    asked.count = asked.count > 0 && asked.count <= 10000 ? asked.count : 256;
    return asked;
}

/* Hands over the replies that are whole; false when the bytes are not Redis's. */
static bool take(struct redisReader *reader, struct redis_arena *arena, const struct asked *asked)
{
    void *value = NULL;

    while (redisReaderGetReply(reader, &value) == REDIS_OK) {
        if (!value)
            return true;
        insist(arena->bytes <= REDIS_ARENA_MAX, "a reply is only so large");
        look(value, asked);
        redis_arena_reset(arena);
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *end = memchr(text, '\n', size);
    struct redis_arena arena = {NULL, 0};
    struct redisReader *reader = redis_value_reader_new(&arena);
    struct asked asked = asked_by(text);
    size_t at = end ? (size_t)(end - text) + 1 : size;
    size_t portion = size & 1 ? size : 7;

    for (bool goes_on = true; goes_on && at < size; at += portion) {
        redisReaderFeed(reader, text + at, size - at < portion ? size - at : portion);
        goes_on = take(reader, &arena, &asked);
    }
    redisReaderFree(reader);
    redis_arena_fini(&arena);
    free(text);
    return 0;
}
