/* SPDX-License-Identifier: ISC */
/* What scripts answer is taken in its own shape and in no other. */
#include "presence/answers.h"
#include "redis/redis_arena.h"
#include "redis/redis_value_private.h"

#include <hiredis/hiredis.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define EPOCH "0123456789abcdef"

enum { BATCH = 256, FROM = 64, SINCE = 10, LIMIT = 2 };

struct wire {
    struct redis_arena arena;
    struct redisReader *reader;
};

static int begin(void **state)
{
    static struct wire wire;

    memset(&wire, 0, sizeof wire);
    wire.reader = redis_value_reader_new(&wire.arena);
    *state = &wire;
    return 0;
}

static int end(void **state)
{
    struct wire *wire = *state;

    redisReaderFree(wire->reader);
    redis_arena_fini(&wire->arena);
    return 0;
}

/* The value that BYTES of Redis's protocol are. */
static const struct redis_value *value_of(struct wire *wire, const char *bytes)
{
    void *value = NULL;

    redis_arena_reset(&wire->arena);
    assert_int_equal(redisReaderFeed(wire->reader, bytes, strlen(bytes)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(wire->reader, &value), REDIS_OK);
    assert_non_null(value);
    return value;
}

/* A text in Redis's protocol, in one of a few buffers. */
static const char *text(const char *bytes)
{
    static char buffers[4][400];
    static unsigned turn;
    char *out = buffers[turn++ % 4];

    snprintf(out, sizeof buffers[0], "$%zu\r\n%s\r\n", strlen(bytes), bytes);
    return out;
}

/* ---- each script's answer, as one of all ---- */

static bool beat(const struct redis_value *value)
{
    struct answer out;
    return answer_beat(value, &out);
}

static bool leave(const struct redis_value *value)
{
    struct answer out;
    return answer_leave(value, &out);
}

static bool mark(const struct redis_value *value)
{
    struct answer out;
    return answer_mark(value, &out);
}

static bool drop(const struct redis_value *value)
{
    bool more;
    return answer_drop(value, &more);
}

static bool expire(const struct redis_value *value)
{
    struct answer_expire out;
    return answer_expire(value, BATCH, &out);
}

static bool prune(const struct redis_value *value)
{
    int64_t next;
    return answer_prune(value, FROM, BATCH, &next);
}

static bool adopt(const struct redis_value *value)
{
    struct answer_adopt out;
    return answer_adopt(value, SINCE, BATCH, &out);
}

static bool changes(const struct redis_value *value)
{
    struct answer_changes out;
    return answer_changes(value, SINCE, LIMIT, &out);
}

static bool sessions(const struct redis_value *value)
{
    struct answer_sessions out;
    return answer_sessions(value, &out);
}

typedef bool taker(const struct redis_value *value);

static taker *const takers[] = {beat, leave, mark, drop, expire, prune, adopt, changes, sessions};

enum { TAKERS = sizeof takers / sizeof *takers };

/* Answers that no script gives. */
static void what_is_no_answer_is_taken_by_nobody(void **state)
{
    static const char *const wrong[] = {
        "$-1\r\n",
        "*-1\r\n",
        "*0\r\n",
        ":-1\r\n",
        ":2\r\n",
        ":9223372036854775807\r\n",
        ":-9223372036854775808\r\n",
        "+OK\r\n",
        "-ERR no\r\n",
        "$0\r\n\r\n",
        "$2\r\nok\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n$-1\r\n",
        "*2\r\n$16\r\n" EPOCH "\r\n:1\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "*3\r\n$-1\r\n$-1\r\n$-1\r\n",
        "*4\r\n*0\r\n*0\r\n*0\r\n*0\r\n",
        "*5\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n",
        "*8\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
        "*9\r\n$16\r\n" EPOCH "\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        for (size_t who = 0; who < TAKERS; who++)
            if (takers[who](value_of(*state, wrong[i])))
                fail_msg("taker %zu took %s", who, wrong[i]);
}

static void no_value_at_all_is_taken_by_nobody(void **state)
{
    (void)state;
    for (size_t who = 0; who < TAKERS; who++)
        assert_false(takers[who](NULL));
}

/* Each of GOOD is taken by TAKE and, cut after any number of its elements, or with any number out of bounds, is not. */
static void check_list(struct wire *wire, taker *take, const char *const *part, size_t count)
{
    static const char *const odd[] = {
        "$-1\r\n",        "*0\r\n",      ":-5\r\n", ":9007199254740993\r\n", ":-9223372036854775808\r\n",
        "$3\r\na\tb\r\n", "$1\r\n-\r\n",
    };
    char bytes[1024];

    for (size_t cut = 0; cut <= count + 1; cut++) {
        size_t len = (size_t)snprintf(bytes, sizeof bytes, "*%zu\r\n", cut);
        for (size_t i = 0; i < cut; i++)
            len += (size_t)snprintf(bytes + len, sizeof bytes - len, "%s", i < count ? part[i] : ":1\r\n");
        if (take(value_of(wire, bytes)) != (cut == count))
            fail_msg("%zu of %zu elements", cut, count);
    }
    for (size_t at = 0; at < count; at++)
        for (size_t kind = 0; kind < sizeof odd / sizeof *odd; kind++) {
            size_t len = (size_t)snprintf(bytes, sizeof bytes, "*%zu\r\n", count);
            for (size_t i = 0; i < count; i++)
                len += (size_t)snprintf(bytes + len, sizeof bytes - len, "%s", i == at ? odd[kind] : part[i]);
            if (take(value_of(wire, bytes)))
                fail_msg("element %zu is %s", at, odd[kind]);
        }
}

#define E     "$16\r\n" EPOCH "\r\n"
#define OK    "$2\r\nok\r\n"
#define EMPTY "$0\r\n\r\n"

static void lists_are_taken_whole_and_in_bounds(void **state)
{
    static const char *const left[] = {OK,
                                       E,
                                       ":7\r\n",
                                       ":1000\r\n",
                                       ":7\r\n",
                                       "$7\r\noffline\r\n",
                                       ":1000\r\n",
                                       "$5\r\nleave\r\n",
                                       "$11\r\n,\"dnd\":true\r\n"};
    static const char *const marked[] = {E, ":7\r\n", ":1000\r\n"};
    static const char *const expired[] = {":1000\r\n", ":0\r\n", ":256\r\n", ":3\r\n", ":0\r\n", ":7\r\n"};

    check_list(*state, leave, left, 9);
    check_list(*state, mark, marked, 3);
    check_list(*state, expire, expired, 6);
    assert_true(leave(value_of(*state, "*9\r\n" OK E ":7\r\n:1000\r\n" EMPTY EMPTY EMPTY EMPTY EMPTY)));
    assert_false(expire(value_of(*state, "*6\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n"))); /* no clock says 0 */
    assert_false(expire(value_of(*state, "*6\r\n:9\r\n:0\r\n:257\r\n:0\r\n:0\r\n:0\r\n")));
}

static void a_beat_is_seven_words_or_eleven(void **state)
{
    static const char *const wrong[] = {
        "ok " EPOCH " 7 1000 active 1",
        "ok " EPOCH " 7 1000 active 1 99 ",
        "ok " EPOCH " 7 1000 active 1 99 8",
        "ok " EPOCH " 7 1000 active 1 99 8 away 1000 beat more",
        "ok " EPOCH " 7 1000 active 1 99 0 away 1000 beat",
        "ok " EPOCH " 7 1000 active 1 99 8 ? 1000 beat",
        "ok " EPOCH " 7 1000 active 1 99 8 away 1000 because",
        "ok " EPOCH "0 7 1000 active 1 99",
        "ok  7 1000 active 1 99",
        "yes " EPOCH " 7 1000 active 1 99",
        "ok " EPOCH " -7 1000 active 1 99",
        "ok " EPOCH " 7 99999999999999999999999 active 1 99",
        "ok " EPOCH " 7 1000 busy 1 99",
        "ok " EPOCH " 7 1000 active yes 99",
        "ok " EPOCH " 7 1000 active 1 9007199254740993",
        "ok " EPOCH " 7 1000 active 1 1e5",
    };
    struct answer out;
    char long_line[300];

    assert_true(answer_beat(value_of(*state, text("ok " EPOCH " 7 1000 active 1 99")), &out));
    assert_int_equal(out.result, PRESENCE_OK);
    assert_string_equal(out.epoch, EPOCH);
    assert_int_equal(out.seq, 7);
    assert_int_equal(out.now_ms, 1000);
    assert_int_equal(out.own, STATUS_ACTIVE);
    assert_true(out.alive);
    assert_int_equal(out.beat, 99);
    assert_int_equal(out.change.seq, 0);
    assert_true(
        answer_beat(value_of(*state, text("full " EPOCH " 8 1000 ? 0 9007199254740992 8 away 900 beat")), &out));
    assert_int_equal(out.result, PRESENCE_FULL);
    assert_int_equal(out.own, STATUS_OFFLINE);
    assert_int_equal(out.change.seq, 8);
    assert_int_equal(out.change.status, STATUS_AWAY);
    assert_int_equal(out.change.since_ms, 900);
    assert_int_equal(out.change.why, WHY_BEAT);
    assert_true(answer_beat(value_of(*state, text("late " EPOCH " 8 1000 away 1 0")), &out));
    assert_int_equal(out.result, PRESENCE_UNAVAILABLE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (answer_beat(value_of(*state, text(wrong[i])), &out))
            fail_msg("%s", wrong[i]);
    memset(long_line, 'a', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = '\0';
    assert_false(answer_beat(value_of(*state, text(long_line)), &out));
}

#define NOTE ",\"dnd\":true,\"text\":\"at \\\"lunch\\\"\""

static void a_note_comes_behind_the_words_of_a_change(void **state)
{
    static const char *const wrong[] = {
        "ok " EPOCH " 7 1000 active 1 99\n" NOTE, /* of no change */
        "ok " EPOCH " 8 1000 away 1 99 8 away 900 beat\n",
        "ok " EPOCH " 8 1000 away 1 99 8 away 900 beat\nx",
        "ok " EPOCH " 8 1000 away 1 99 8 away 900 beat\n" NOTE "}",
    };
    struct answer out;

    assert_true(answer_beat(value_of(*state, text("ok " EPOCH " 8 1000 away 1 99 8 away 900 beat\n" NOTE)), &out));
    assert_int_equal(out.change.note_len, strlen(NOTE));
    assert_memory_equal(out.change.note, NOTE, strlen(NOTE));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (answer_beat(value_of(*state, text(wrong[i])), &out))
            fail_msg("%s", wrong[i]);
}

static void a_beat_may_ask(void **state)
{
    struct answer out;

    assert_true(answer_beat(value_of(*state, text("ask " EPOCH " 7 1000 offline 1 0")), &out));
    assert_true(out.ask);
    assert_false(out.renewed);
    assert_true(answer_beat(value_of(*state, text("ok " EPOCH " 7 1000 offline 1 0")), &out));
    assert_false(out.ask);
}

static void say_tells_both_statuses_and_the_rev(void **state)
{
    static const char *const wrong[] = {
        "ok " EPOCH " 7 1000 active 1 99",         "ok " EPOCH " 7 1000 active busy 99",
        "ok " EPOCH " 7 1000 active offline -1",   "ok " EPOCH " 7 1000 active offline",
        "ok " EPOCH " 7 1000 active offline 99 8",
    };
    struct answer out;

    assert_true(
        answer_say(value_of(*state, text("ok " EPOCH " 8 1000 away offline 1700 8 offline 1000 leave\n" NOTE)), &out));
    assert_int_equal(out.own, STATUS_AWAY);
    assert_int_equal(out.shown, STATUS_OFFLINE);
    assert_int_equal(out.own_rev, 1700);
    assert_int_equal(out.change.seq, 8);
    assert_int_equal(out.change.why, WHY_LEAVE);
    assert_int_equal(out.change.note_len, strlen(NOTE));
    assert_true(answer_say(value_of(*state, text("late " EPOCH " 7 1000 active active 0")), &out));
    assert_int_equal(out.result, PRESENCE_UNAVAILABLE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (answer_say(value_of(*state, text(wrong[i])), &out))
            fail_msg("%s", wrong[i]);
}

static bool own(const struct redis_value *value)
{
    struct answer_own out;
    return answer_own(value, &out);
}

static void own_has_a_rev_or_none(void **state)
{
    static const char *const parts[] = {":1000\r\n", "$4\r\naway\r\n", "$7\r\noffline\r\n", ":1700\r\n"};
    struct answer_own out;

    check_list(*state, own, parts, 4);
    assert_true(answer_own(value_of(*state, "*4\r\n:1000\r\n$6\r\nactive\r\n$6\r\nactive\r\n:-1\r\n"), &out));
    assert_int_equal(out.rev, -1);
}

static bool takes_truths(struct wire *wire, const char *words, struct truth out[2])
{
    int64_t now_ms;

    return answer_truths(value_of(wire, text(words)), 2, out, &now_ms) && now_ms == 1000;
}

static void truths_have_a_word_for_each(void **state)
{
    static const char *const odd[] = {
        "1000 a",     "1000 a w o",
        "1000  a w",  "1000 x w",
        "1000 a w ",  "1000 ad w",
        "1000 ai1 w", "1000 ali w",
        "1000 adx w", "1000 ad-1 w",
        "a w",        "",
        "1000",       "1000 ad99999999999999999999 w",
        "-1 a w",
    };
    struct truth out[2];

    assert_true(takes_truths(*state, "1000 aid5l wd0", out));
    assert_int_equal(out[0].status, STATUS_ACTIVE);
    assert_true(out[0].invisible && out[0].dnd && out[0].looking);
    assert_int_equal(out[0].dnd_until_ms, 5);
    assert_int_equal(out[1].status, STATUS_AWAY);
    assert_true(!out[1].invisible && out[1].dnd && !out[1].looking);
    assert_true(takes_truths(*state, "1000 o ol", out));
    assert_true(out[0].status == STATUS_OFFLINE && !out[0].dnd && out[1].looking);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_false(takes_truths(*state, odd[i], out));
    assert_false(answer_truths(value_of(*state, ":5\r\n"), 0, out, &(int64_t){0}));
}

static void a_portion_of_pruning_leads_on_or_ends(void **state)
{
    int64_t next;

    assert_true(answer_prune(value_of(*state, "*2\r\n:-1\r\n:3\r\n"), FROM, BATCH, &next));
    assert_int_equal(next, -1);
    assert_true(answer_prune(value_of(*state, "*2\r\n:310\r\n:10\r\n"), FROM, BATCH, &next));
    assert_int_equal(next, 310);
    assert_false(answer_prune(value_of(*state, "*2\r\n:64\r\n:10\r\n"), FROM, BATCH, &next));
    assert_false(answer_prune(value_of(*state, "*2\r\n:-2\r\n:0\r\n"), FROM, BATCH, &next));
    assert_false(answer_prune(value_of(*state, "*2\r\n:-1\r\n:-1\r\n"), FROM, BATCH, &next));
    assert_false(answer_prune(value_of(*state, "*2\r\n:-1\r\n:257\r\n"), FROM, BATCH, &next));
}

static void a_step_of_the_walk_leads_on_or_ends(void **state)
{
    assert_true(adopt(value_of(*state, "*3\r\n:-1\r\n:20\r\n:3\r\n")));
    assert_true(adopt(value_of(*state, "*3\r\n:11\r\n:20\r\n:0\r\n")));
    assert_false(adopt(value_of(*state, "*3\r\n:10\r\n:20\r\n:0\r\n")));
    assert_false(adopt(value_of(*state, "*3\r\n:11\r\n:-1\r\n:0\r\n")));
    assert_false(adopt(value_of(*state, "*3\r\n:11\r\n:20\r\n:257\r\n")));
    assert_false(adopt(value_of(*state, "*3\r\n:9223372036854775807\r\n:20\r\n:0\r\n")));
}

#define HEAD      E ":20\r\n:2\r\n:1000\r\n"
#define ANN(seq)  "$3\r\nann\r\n:" seq "\r\n$4\r\naway\r\n:900\r\n$4\r\nbeat\r\n" EMPTY
#define MARK(seq) "$1\r\n\1\r\n:" seq "\r\n$1\r\n-\r\n:900\r\n$1\r\n-\r\n" EMPTY

static void a_page_of_changes_is_in_order_and_leads_on(void **state)
{
    static const char *const wrong[] = {
        "*10\r\n" HEAD ANN("21"),                     /* beyond the head */
        "*10\r\n" HEAD ANN("9"),                      /* before what was asked for */
        "*16\r\n" HEAD ANN("12") ANN("11"),           /* backwards */
        "*16\r\n" HEAD ANN("10") ANN("10"),           /* full, and asks for itself again */
        "*22\r\n" HEAD ANN("11") ANN("12") ANN("13"), /* more than was asked for */
        "*8\r\n" HEAD "$3\r\nann\r\n:12\r\n$4\r\naway\r\n:900\r\n",
        "*10\r\n" HEAD "*0\r\n:12\r\n$4\r\naway\r\n:900\r\n$4\r\nbeat\r\n" EMPTY,
        "*10\r\n" HEAD "$3\r\nann\r\n$1\r\nx\r\n$4\r\naway\r\n:900\r\n$4\r\nbeat\r\n" EMPTY,
        "*4\r\n" E ":1\r\n:2\r\n:1000\r\n", /* pruned beyond the head: every reader would start again for ever */
        "*4\r\n" E ":-1\r\n:0\r\n:1000\r\n",
        "*4\r\n" E ":1\r\n:-9223372036854775808\r\n:1000\r\n",
        "*4\r\n$15\r\n0123456789abcde\r\n:1\r\n:0\r\n:1000\r\n",
        "*3\r\n" E ":1\r\n:0\r\n",
        "*2\r\n" E ":1\r\n",
        "*1\r\n" E,
    };
    struct answer_changes page;
    struct change change;
    const struct redis_value *value;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (changes(value_of(*state, wrong[i])))
            fail_msg("%zu: %s", i, wrong[i]);
    assert_true(changes(value_of(*state, "*4\r\n" HEAD)));
    value = value_of(*state, "*16\r\n" HEAD ANN("11") MARK("15"));
    assert_true(answer_changes(value, SINCE, LIMIT, &page));
    assert_int_equal(page.head, 20);
    assert_int_equal(page.floor, 2);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.last_seq, 15);
    assert_true(answer_change(value, 0, &change));
    assert_int_equal(change.seq, 11);
    assert_int_equal(change.status, STATUS_AWAY);
    assert_true(answer_change(value, 1, &change));
    assert_int_equal(change.key_len, 1);
}

static void a_change_that_somebody_else_wrote_is_told_apart(void **state)
{
    static const char *const odd[] = {
        "$3\r\nann\r\n:11\r\n$1\r\n?\r\n:900\r\n$4\r\nbeat\r\n" EMPTY,
        "$3\r\nann\r\n:11\r\n$-1\r\n:900\r\n$4\r\nbeat\r\n" EMPTY,
        "$3\r\nann\r\n:11\r\n$4\r\naway\r\n:900\r\n$-1\r\n" EMPTY,
        "$3\r\nann\r\n:11\r\n$4\r\naway\r\n$-1\r\n$4\r\nbeat\r\n" EMPTY,
        "$3\r\nann\r\n:11\r\n$4\r\naway\r\n:-1\r\n$4\r\nbeat\r\n" EMPTY,
        "$0\r\n\r\n:11\r\n$4\r\naway\r\n:900\r\n$4\r\nbeat\r\n" EMPTY,
        "$2\r\na\t\r\n:11\r\n$4\r\naway\r\n:900\r\n$4\r\nbeat\r\n" EMPTY,
    };
    struct change change;
    char bytes[400];

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        snprintf(bytes, sizeof bytes, "*10\r\n" HEAD "%s", odd[i]);
        const struct redis_value *value = value_of(*state, bytes);
        assert_true(changes(value));
        assert_false(answer_change(value, 0, &change));
        assert_int_equal(change.seq, 11);
    }
}

#define ROW "$9\r\nsession-1\r\n$6\r\nactive\r\n$1\r\n-\r\n:1\r\n:99\r\n:5000\r\n"

static void sessions_come_six_parts_each(void **state)
{
    struct answer_sessions out;
    const struct redis_value *value = value_of(*state, "*8\r\n:1000\r\n$6\r\nactive\r\n" ROW);

    assert_true(answer_sessions(value, &out));
    assert_int_equal(out.count, 1);
    assert_int_equal(answer_session(value, 0).lease_ends_ms, 5000);
    assert_string_equal(answer_session(value, 0).session, "session-1");
    assert_true(sessions(value_of(*state, "*2\r\n:1000\r\n$1\r\n?\r\n")));
    assert_false(sessions(value_of(*state, "*9\r\n:1000\r\n$6\r\nactive\r\n" ROW ":1\r\n")));
    assert_false(sessions(value_of(*state, "*2\r\n:1000\r\n$4\r\nbusy\r\n")));
    assert_false(sessions(value_of(*state, "*8\r\n:1000\r\n$6\r\nactive\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n")));
}

static void what_is_left_to_drop_is_0_or_1(void **state)
{
    bool more;

    assert_true(answer_drop(value_of(*state, ":1\r\n"), &more));
    assert_true(more);
    assert_true(answer_drop(value_of(*state, ":0\r\n"), &more));
    assert_false(more);
    assert_false(drop(value_of(*state, "$1\r\n1\r\n")));
}

static void numbers_are_exact_or_refused(void **state)
{
    static const char *const wrong[] = {
        "", " ", "-1", "+1", "1 ", "0x1", "1.5", "9007199254740993", "99999999999999999999"};
    int64_t number;

    (void)state;
    assert_true(answer_number("0", &number));
    assert_true(answer_number("9007199254740992", &number));
    assert_int_equal(number, ANSWER_MAX);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(answer_number(wrong[i], &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_no_answer_is_taken_by_nobody, begin, end),
        cmocka_unit_test_setup_teardown(no_value_at_all_is_taken_by_nobody, begin, end),
        cmocka_unit_test_setup_teardown(lists_are_taken_whole_and_in_bounds, begin, end),
        cmocka_unit_test_setup_teardown(a_beat_is_seven_words_or_eleven, begin, end),
        cmocka_unit_test_setup_teardown(a_note_comes_behind_the_words_of_a_change, begin, end),
        cmocka_unit_test_setup_teardown(a_beat_may_ask, begin, end),
        cmocka_unit_test_setup_teardown(say_tells_both_statuses_and_the_rev, begin, end),
        cmocka_unit_test_setup_teardown(own_has_a_rev_or_none, begin, end),
        cmocka_unit_test_setup_teardown(truths_have_a_word_for_each, begin, end),
        cmocka_unit_test_setup_teardown(a_portion_of_pruning_leads_on_or_ends, begin, end),
        cmocka_unit_test_setup_teardown(a_step_of_the_walk_leads_on_or_ends, begin, end),
        cmocka_unit_test_setup_teardown(a_page_of_changes_is_in_order_and_leads_on, begin, end),
        cmocka_unit_test_setup_teardown(a_change_that_somebody_else_wrote_is_told_apart, begin, end),
        cmocka_unit_test_setup_teardown(sessions_come_six_parts_each, begin, end),
        cmocka_unit_test_setup_teardown(what_is_left_to_drop_is_0_or_1, begin, end),
        cmocka_unit_test_setup_teardown(numbers_are_exact_or_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
