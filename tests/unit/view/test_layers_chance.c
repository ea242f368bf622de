/* SPDX-License-Identifier: ISC */
/*
 * Rows of layers made by chance, from a seed that failures name: their schedule, walked segment by segment, says at each
 * time what layers_at() says then.
 */
#include "chance.h"
#include "layers_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum { ROWS = 3000, LAYERS_MAX = 26, TIMES = 24 };

static const char *const texts[] = {NULL, NULL, "", "a", "b", "c \"d\""};
static const char *const names[] = {"call", "desk", "meeting", "x", "y"};

/* Times are few, so that several layers end in the same millisecond. */
static struct layer any_layer(struct chance *chance)
{
    struct layer layer = {
        .kind = (enum layer_kind)pick(chance, 3),
        .name = "",
        .show = (enum show)pick(chance, 5),
        .dnd = (enum said)pick(chance, 3),
        .text = texts[pick(chance, COUNT_OF(texts))],
        .emoji = texts[pick(chance, COUNT_OF(texts))],
        .set_ms = pick(chance, 5),
        .until_ms = 90 + pick(chance, TIMES),
    };
    if (layer.kind == LAYER_BASE)
        layer.until_ms = 0;
    if (layer.kind != LAYER_CLAIM)
        return layer;
    layer.name = names[pick(chance, COUNT_OF(names))];
    layer.variant = (enum layer_variant)pick(chance, 4);
    layer.priority = 1 + (int)pick(chance, PRIORITY_MAX);
    layer.present = pick(chance, 4) == 0;
    return layer;
}

static struct status_row any_row(struct chance *chance, struct layer *layers)
{
    size_t count = pick(chance, LAYERS_MAX);
    for (size_t i = 0; i < count; i++)
        layers[i] = any_layer(chance);
    struct status_row row = row_of(layers, count);
    row.last_seen = (enum last_seen)pick(chance, 4);
    row.hides_typing = pick(chance, 2) == 1;
    row.policy.invisible = (enum invisible_policy)pick(chance, 3);
    row.policy.messages = pick(chance, 4) != 0;
    return row;
}

/* The segment of RECORD that is in force at AT_MS, and how many were before it. */
static const char *segment_at(const char *schedule, int64_t at_ms, int *steps)
{
    const char *line = strchr(schedule, '\n') + 1;
    for (*steps = 0;; ++*steps) {
        long long ends_ms = strtoll(line, NULL, 10);
        if (ends_ms == 0 || at_ms < ends_ms)
            return strchr(line, ' ') + 1;
        line = strchr(line, '\n') + 1;
    }
}

static void expect_member(struct buf *out, const char *name, const char *text)
{
    if (!text)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, text, strlen(text));
}

/* The segment that layers_at() asks for at AT_MS. */
static void expect(struct buf *out, const struct status_row *row, int64_t at_ms)
{
    static const char *const settings[] = {NULL, "hour", "day", "hidden"};
    struct layers_view truth, others;
    layers_at(row, at_ms, false, &truth);
    layers_at(row, at_ms, true, &others);
    bool plain = !truth.invisible && !truth.lowered && !truth.raised && !truth.present;
    buf_clear(out);
    buf_printf(out, "%s%s%s%s%s ", truth.invisible ? "i" : "", truth.lowered ? "a" : "", truth.raised ? "r" : "",
               truth.present ? "p" : "", plain ? "-" : "");
    expect_member(out, "seen", settings[row->last_seen]);
    buf_add_text(out, row->hides_typing ? ",\"typing\":false" : "");
    buf_add_text(out, others.dnd ? ",\"dnd\":true" : "");
    expect_member(out, "text", others.text);
    expect_member(out, "emoji", others.emoji);
    if (others.until_ms != 0)
        buf_printf(out, ",\"until\":%lld", (long long)others.until_ms);
}

static void compare(const struct status_row *row, const char *schedule, int64_t at_ms, struct buf *expected)
{
    int steps;
    const char *segment = segment_at(schedule, at_ms, &steps);
    expect(expected, row, at_ms);
    size_t len = strcspn(segment, "\n");
    if (len != expected->len || memcmp(segment, buf_text(expected), len) != 0)
        fail_msg("at %d \"%s\" is expected, the schedule is \"%s\"", (int)at_ms, buf_text(expected), schedule);
    assert_int_equal(layers_revision(row, at_ms), row->rev + steps);
}

static void a_schedule_says_at_each_time_what_the_layers_say_then(void **state)
{
    (void)state;
    struct chance chance = {20261126};
    struct buf schedule, again, expected;
    buf_init(&schedule);
    buf_init(&again);
    buf_init(&expected);
    for (int i = 0; i < ROWS; i++) {
        struct layer layers[LAYERS_MAX];
        struct status_row row = any_row(&chance, layers);
        buf_clear(&schedule);
        layers_schedule(&row, &schedule);
        for (int64_t at_ms = row.changed_ms; at_ms < 90 + TIMES + 2; at_ms++)
            compare(&row, buf_text(&schedule), at_ms, &expected);
        buf_clear(&again);
        layers_schedule(&row, &again);
        assert_string_equal(buf_text(&again), buf_text(&schedule));
    }
    buf_fini(&schedule);
    buf_fini(&again);
    buf_fini(&expected);
}

/* A worker that asks later, or another that has the rows in another order, gives Redis the same. */
static void the_order_of_layers_does_not_matter(void **state)
{
    (void)state;
    struct chance chance = {42};
    struct buf schedule, again;
    buf_init(&schedule);
    buf_init(&again);
    for (int i = 0; i < ROWS; i++) {
        struct layer layers[LAYERS_MAX], turned[LAYERS_MAX];
        struct status_row row = any_row(&chance, layers);
        /* As in the database: one layer of a kind, name and variant. */
        for (size_t k = 0; k < row.count; k++)
            layers[k].set_ms = (int64_t)k;
        for (size_t k = 0; k < row.count; k++)
            turned[k] = layers[row.count - 1 - k];
        struct status_row other = row;
        other.layers = turned;
        buf_clear(&schedule);
        buf_clear(&again);
        layers_schedule(&row, &schedule);
        layers_schedule(&other, &again);
        assert_string_equal(buf_text(&again), buf_text(&schedule));
    }
    buf_fini(&schedule);
    buf_fini(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedule_says_at_each_time_what_the_layers_say_then),
        cmocka_unit_test(the_order_of_layers_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
