/* SPDX-License-Identifier: ISC */
/* See answers.h. Each script says at its top what it replies. */
#include "presence/answers.h"

#include "base/ids.h"
#include "redis/redis.h"
#include "view/note.h"

#include <string.h>

/* ---- parts ---- */

/* Reads the number at *AT, which is moved behind it. */
static bool read_number(const char **at, int64_t *out)
{
    const char *start = *at;
    int64_t number = 0;

    for (; **at >= '0' && **at <= '9'; ++*at) {
        number = number * 10 + (**at - '0');
        if (number > ANSWER_MAX)
            return false;
    }
    *out = number;
    return *at > start;
}

bool answer_number(const char *word, int64_t *out)
{
    return read_number(&word, out) && *word == '\0';
}

/* Element INDEX as a number; scripts give numbers as integers and as texts. */
static bool number_at(const struct redis_value *list, size_t index, int64_t *out)
{
    *out = redis_value_int(redis_value_at(list, index), -1);
    return *out >= 0 && *out <= ANSWER_MAX;
}

/* Element INDEX as a text without a NUL, or NULL. */
static const char *text_at(const struct redis_value *list, size_t index)
{
    size_t len;
    const char *text = redis_value_text(redis_value_at(list, index), &len);

    return text && strlen(text) == len ? text : NULL;
}

static bool take_epoch(const char *text, char *epoch)
{
    if (!text || strlen(text) != EPOCH_LEN)
        return false;
    memcpy(epoch, text, EPOCH_LEN + 1);
    return true;
}

/* A user's own status; if Rollcall did not write their state, they count as offline. */
static bool take_status(const char *name, enum status *out)
{
    *out = STATUS_OFFLINE;
    return name && (strcmp(name, "?") == 0 || status_parse(name, out));
}

static bool take_code(const char *code, enum presence_result *out)
{
    static const struct {
        const char *code;
        enum presence_result result;
    } results[] = {
        {"ok", PRESENCE_OK},      {"none", PRESENCE_OK},   {"stale", PRESENCE_OK},
        {"gone", PRESENCE_ENDED}, {"full", PRESENCE_FULL}, {"late", PRESENCE_UNAVAILABLE},
        {"again", PRESENCE_OK},   {"told", PRESENCE_OK},   {"ask", PRESENCE_OK},
    };

    for (size_t i = 0; code && i < sizeof results / sizeof *results; i++) {
        *out = results[i].result;
        if (strcmp(code, results[i].code) == 0)
            return true;
    }
    return false;
}

/* Element INDEX, which is "" or a note, into OUT. */
static bool take_note(const struct redis_value *list, size_t index, struct change *out)
{
    out->note = redis_value_text(redis_value_at(list, index), &out->note_len);
    return out->note && (out->note_len == 0 || note_ok(out->note, out->note_len));
}

static bool take_why(const char *status, const char *why, struct change *out)
{
    return status && why && status_parse(status, &out->status) && why_parse(why, &out->why);
}

/* ---- beat: words in one text ---- */

enum { BEAT_WORDS = 7, BEAT_WORDS_CHANGED = 11, BEAT_LINE_MAX = 256 };

/* Splits TEXT, in place, into at most MAX words; returns how many there are, MAX + 1 for more. */
static size_t split(char *text, const char **words, size_t max)
{
    size_t count = 0;

    while (text) {
        if (count == max)
            return max + 1;
        words[count++] = text;
        text = strchr(text, ' ');
        if (text)
            *text++ = '\0';
    }
    return count;
}

/* A reply of one text, taken apart: its words, which lie in LINE, and the note. */
struct beat_text {
    char line[BEAT_LINE_MAX];
    const char *word[BEAT_WORDS_CHANGED];
    size_t count;
};

/* Takes apart VALUE, a line of words, and behind it the note of the change if there is one, which goes to OUT. */
static bool take_apart(const struct redis_value *value, struct beat_text *beat, struct change *out)
{
    size_t len;
    const char *text = redis_value_text(value, &len);

    if (!text || strlen(text) != len)
        return false;
    size_t line_len = strcspn(text, "\n");
    if (line_len >= sizeof beat->line)
        return false;
    memcpy(beat->line, text, line_len);
    beat->line[line_len] = '\0';
    beat->count = split(beat->line, beat->word, BEAT_WORDS_CHANGED);
    if (line_len == len)
        return beat->count == BEAT_WORDS || beat->count == BEAT_WORDS_CHANGED;
    out->note = text + line_len + 1;
    out->note_len = len - line_len - 1;
    return beat->count == BEAT_WORDS_CHANGED && note_ok(out->note, out->note_len);
}

/* What a beat and say have in common: all words but the sixth and the seventh. */
static bool take_words(const struct beat_text *beat, struct answer *out)
{
    const char *const *word = beat->word;

    if (!take_code(word[0], &out->result) || !take_epoch(word[1], out->epoch) || !answer_number(word[2], &out->seq) ||
        !answer_number(word[3], &out->now_ms) || !take_status(word[4], &out->own))
        return false;
    return beat->count == BEAT_WORDS ||
           (answer_number(word[7], &out->change.seq) && out->change.seq > 0 &&
            answer_number(word[9], &out->change.since_ms) && take_why(word[8], word[10], &out->change));
}

bool answer_beat(const struct redis_value *value, struct answer *out)
{
    struct beat_text beat;
    int64_t alive;

    memset(out, 0, sizeof *out);
    if (!take_apart(value, &beat, &out->change) || !take_words(&beat, out) || !answer_number(beat.word[5], &alive) ||
        !answer_number(beat.word[6], &out->beat))
        return false;
    out->alive = alive == 1;
    out->told = strcmp(beat.word[0], "told") == 0;
    out->ask = strcmp(beat.word[0], "ask") == 0;
    out->renewed = out->told || strcmp(beat.word[0], "ok") == 0;
    return true;
}

bool answer_say(const struct redis_value *value, struct answer *out)
{
    struct beat_text say;

    memset(out, 0, sizeof *out);
    return take_apart(value, &say, &out->change) && take_words(&say, out) && take_status(say.word[5], &out->shown) &&
           answer_number(say.word[6], &out->own_rev);
}

/* ---- leave, evict, mark, drop ---- */

bool answer_leave(const struct redis_value *value, struct answer *out)
{
    const char *none = text_at(value, 4);

    memset(out, 0, sizeof *out);
    if (redis_value_count(value) != 9 || !take_code(text_at(value, 0), &out->result) ||
        !take_epoch(text_at(value, 1), out->epoch) || !number_at(value, 2, &out->seq) ||
        !number_at(value, 3, &out->now_ms))
        return false;
    out->told = strcmp(text_at(value, 0), "told") == 0;
    if (none && *none == '\0')
        return true;
    return number_at(value, 4, &out->change.seq) && out->change.seq > 0 && number_at(value, 6, &out->change.since_ms) &&
           take_why(text_at(value, 5), text_at(value, 7), &out->change) && take_note(value, 8, &out->change);
}

bool answer_mark(const struct redis_value *value, struct answer *out)
{
    memset(out, 0, sizeof *out);
    return redis_value_count(value) == 3 && take_epoch(text_at(value, 0), out->epoch) &&
           number_at(value, 1, &out->seq) && number_at(value, 2, &out->now_ms);
}

bool answer_drop(const struct redis_value *value, bool *more)
{
    int64_t number = redis_value_type(value) == REDIS_TYPE_INT ? redis_value_int(value, -1) : -1;

    *more = number == 1;
    return number == 0 || number == 1;
}

/* ---- expire, prune, adopt ---- */

bool answer_expire(const struct redis_value *value, int64_t batch, struct answer_expire *out)
{
    int64_t leap, changes;

    if (redis_value_count(value) != 6 || !number_at(value, 0, &out->now_ms) || !number_at(value, 1, &leap) ||
        !number_at(value, 2, &out->taken) || !number_at(value, 3, &changes) || !number_at(value, 4, &out->malformed) ||
        !number_at(value, 5, &out->ended))
        return false;
    out->leapt = leap != 0;
    return out->now_ms > 0 && out->taken <= batch && out->ended <= out->taken;
}

bool answer_prune(const struct redis_value *value, int64_t from, int64_t batch, int64_t *next)
{
    int64_t pruned;

    *next = redis_value_int(redis_value_at(value, 0), -2);
    return redis_value_count(value) == 2 && number_at(value, 1, &pruned) && pruned <= batch &&
           (*next == -1 || *next == from + batch - pruned);
}

bool answer_adopt(const struct redis_value *value, int64_t after, int64_t batch, struct answer_adopt *out)
{
    out->next_seq = redis_value_int(redis_value_at(value, 0), -2);
    return redis_value_count(value) == 3 && number_at(value, 1, &out->until_seq) &&
           number_at(value, 2, &out->adopted) && out->adopted <= batch &&
           (out->next_seq == -1 || (out->next_seq > after && out->next_seq <= ANSWER_MAX));
}

/* ---- changes ---- */

enum { CHANGES_HEAD = 4, CHANGE_PARTS = 6 };

static size_t change_part(size_t i, size_t part)
{
    return CHANGES_HEAD + i * CHANGE_PARTS + part;
}

bool answer_changes(const struct redis_value *value, int64_t since, size_t limit, struct answer_changes *out)
{
    size_t parts = redis_value_count(value);

    if (parts < CHANGES_HEAD || (parts - CHANGES_HEAD) % CHANGE_PARTS != 0)
        return false;
    out->count = (parts - CHANGES_HEAD) / CHANGE_PARTS;
    out->last_seq = since;
    if (out->count > limit || !take_epoch(text_at(value, 0), out->epoch) || !number_at(value, 1, &out->head) ||
        !number_at(value, 2, &out->floor) || !number_at(value, 3, &out->now_ms) || out->floor > out->head)
        return false;
    for (size_t i = 0; i < out->count; i++) {
        const struct redis_value *key = redis_value_at(value, change_part(i, 0));
        int64_t seq;
        if (redis_value_type(key) != REDIS_TYPE_TEXT || !number_at(value, change_part(i, 1), &seq) ||
            seq < out->last_seq || seq > out->head)
            return false;
        out->last_seq = seq;
    }
    /* The next page is asked for from the end of a full one: that must be further than where it began. */
    return out->count < limit || out->last_seq > since;
}

bool answer_change(const struct redis_value *value, size_t i, struct change *out)
{
    memset(out, 0, sizeof *out);
    out->key = redis_value_text(redis_value_at(value, change_part(i, 0)), &out->key_len);
    number_at(value, change_part(i, 1), &out->seq);
    if (!number_at(value, change_part(i, 3), &out->since_ms))
        return false;
    if (out->key_len > 0 && out->key[0] == '\1')
        return true;
    return ids_user_ok(out->key, out->key_len) &&
           take_why(text_at(value, change_part(i, 2)), text_at(value, change_part(i, 4)), out) &&
           take_note(value, change_part(i, 5), out);
}

/* ---- own ---- */

bool answer_own(const struct redis_value *value, struct answer_own *out)
{
    out->rev = redis_value_int(redis_value_at(value, 3), -2);
    return redis_value_count(value) == 4 && number_at(value, 0, &out->now_ms) &&
           take_status(text_at(value, 1), &out->own) && take_status(text_at(value, 2), &out->shown) && out->rev >= -1 &&
           out->rev <= ANSWER_MAX;
}

/* ---- sessions ---- */

enum { SESSIONS_HEAD = 2, SESSION_PARTS = 6 };

static bool session_ok(const struct redis_value *value, size_t at)
{
    int64_t number;

    return text_at(value, at) && text_at(value, at + 1) && text_at(value, at + 2) && number_at(value, at + 5, &number);
}

bool answer_sessions(const struct redis_value *value, struct answer_sessions *out)
{
    size_t parts = redis_value_count(value);

    if (parts < SESSIONS_HEAD || (parts - SESSIONS_HEAD) % SESSION_PARTS != 0 || !number_at(value, 0, &out->now_ms) ||
        !take_status(text_at(value, 1), &out->own))
        return false;
    out->count = (parts - SESSIONS_HEAD) / SESSION_PARTS;
    for (size_t i = 0; i < out->count; i++)
        if (!session_ok(value, SESSIONS_HEAD + i * SESSION_PARTS))
            return false;
    return true;
}

struct session_row answer_session(const struct redis_value *value, size_t i)
{
    size_t at = SESSIONS_HEAD + i * SESSION_PARTS;
    struct session_row row = {text_at(value, at), text_at(value, at + 1), text_at(value, at + 2), 0};

    number_at(value, at + 5, &row.lease_ends_ms);
    return row;
}

/* ---- truths ---- */

/* Whether C is next at *AT, which is moved behind it then. */
static bool read_letter(const char **at, char c)
{
    bool is_next = **at == c;

    *at += is_next;
    return is_next;
}

/* Reads " <word>" at *AT, which is moved behind it. */
static bool read_truth(const char **at, struct truth *out)
{
    static const char letters[] = {[STATUS_OFFLINE] = 'o', [STATUS_AWAY] = 'w', [STATUS_ACTIVE] = 'a'};

    *out = (struct truth){.status = STATUS_OFFLINE};
    const char *letter = read_letter(at, ' ') ? memchr(letters, **at, sizeof letters) : NULL;
    if (!letter)
        return false;
    ++*at;
    out->status = (enum status)(letter - letters);
    out->invisible = read_letter(at, 'i');
    out->dnd = read_letter(at, 'd');
    if (out->dnd && !read_number(at, &out->dnd_until_ms))
        return false;
    out->looking = read_letter(at, 'l');
    return true;
}

bool answer_truths(const struct redis_value *value, size_t count, struct truth *out, int64_t *now_ms)
{
    size_t len;
    const char *text = redis_value_text(value, &len);
    const char *at = text;

    if (!text || !read_number(&at, now_ms))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_truth(&at, &out[i]))
            return false;
    return at == text + len;
}
