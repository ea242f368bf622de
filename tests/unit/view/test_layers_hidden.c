/* SPDX-License-Identifier: ISC */
/*
 * What an invisible user does to claims, by chance: others see what they would have seen if nothing had been done, for as
 * long as the user is invisible. From a seed that failures name.
 */
#include "base/limits.h"
#include "chance.h"
#include "directory/status_draft.h"
#include "layers_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { RUNS = 400, DEEDS = 40, SPAN_MS = 30, LAYERS_MAX = 2 + 3 * LIMIT_CLAIMS };

static const char *const texts[] = {NULL, "", "a", "b", "c"};
static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"};

static struct layer any_own(struct chance *chance, int64_t now_ms)
{
    static const enum show shows[] = {SHOW_UNSAID, SHOW_AUTO, SHOW_INVISIBLE, SHOW_INVISIBLE};
    bool temporary = pick(chance, 2);
    return (struct layer){
        .kind = temporary ? LAYER_TEMPORARY : LAYER_BASE,
        .show = shows[pick(chance, COUNT_OF(shows))],
        .dnd = (enum said)pick(chance, 3),
        .text = texts[pick(chance, COUNT_OF(texts))],
        .until_ms = temporary ? now_ms + 1 + pick(chance, SPAN_MS) : 0,
    };
}

static struct layer any_claim(struct chance *chance, int64_t now_ms)
{
    return (struct layer){
        .kind = LAYER_CLAIM,
        .name = names[pick(chance, COUNT_OF(names))],
        .dnd = (enum said)pick(chance, 3),
        .text = texts[pick(chance, COUNT_OF(texts))],
        .priority = 1 + (int)pick(chance, PRIORITY_MAX),
        .until_ms = now_ms + 1 + pick(chance, SPAN_MS),
    };
}

/* A change of a claim, by its owner or not. */
static void change_claim(struct status_draft *draft, struct chance *chance, bool by_user, int64_t now_ms)
{
    struct layer claim = any_claim(chance, now_ms);
    if (pick(chance, 3))
        status_draft_set_claim(draft, &claim, by_user, now_ms);
    else
        status_draft_end_claim(draft, claim.name, by_user, now_ms);
}

static void write_view(struct buf *out, const struct status_row *row, int64_t at_ms)
{
    struct layers_view view;
    layers_at(row, at_ms, true, &view);
    buf_printf(out, "%d %s %s %s %d;", (int)at_ms, view.dnd ? "dnd" : "", view.text ? view.text : "",
               view.emoji ? view.emoji : "", (int)view.until_ms);
}

/* All that others see from NOW_MS on, while the user is invisible. */
static void write_views(struct buf *out, const struct status_row *row, int64_t now_ms)
{
    buf_clear(out);
    for (int64_t at_ms = now_ms; at_ms < now_ms + SPAN_MS + 2; at_ms++)
        if (layer_invisible(row, at_ms))
            write_view(out, row, at_ms);
}

static void check_bounds(const struct status_row *row)
{
    assert_true(row->count <= LAYERS_MAX);
    assert_true(layers_revision(row, INT64_MAX) < row->rev + 32);
}

static void do_one(struct status_draft *draft, struct chance *chance, int64_t now_ms, struct buf *views[2])
{
    status_draft_tidy(draft, now_ms);
    write_views(views[0], &draft->row, now_ms);
    bool by_user = pick(chance, 3);
    struct layer own = any_own(chance, now_ms);
    bool hidden = by_user && layer_invisible(&draft->row, now_ms);
    if (pick(chance, 5) == 0) {
        hidden = false;
        status_draft_set_own(draft, &own, now_ms);
    } else
        change_claim(draft, chance, by_user, now_ms);
    status_draft_tidy(draft, now_ms);
    draft->row.changed_ms = now_ms;
    write_views(views[1], &draft->row, now_ms);
    if (hidden)
        assert_string_equal(buf_text(views[1]), buf_text(views[0]));
    check_bounds(&draft->row);
}

static void others_see_nothing_of_what_an_invisible_user_does_to_claims(void **state)
{
    (void)state;
    struct chance chance = {20261126};
    struct buf before, after;
    buf_init(&before);
    buf_init(&after);
    for (int run = 0; run < RUNS; run++) {
        struct status_draft draft;
        int64_t now_ms = 100;
        status_draft_init(&draft, "acme", "u1");
        draft.row.policy.messages = true;
        for (int deed = 0; deed < DEEDS; deed++) {
            do_one(&draft, &chance, now_ms, (struct buf *[2]){&before, &after});
            now_ms += pick(&chance, 4);
        }
        status_draft_fini(&draft);
    }
    buf_fini(&before);
    buf_fini(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_see_nothing_of_what_an_invisible_user_does_to_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
