/* SPDX-License-Identifier: ISC */
/*
 * Any text as a cursor, to a view that took any changes: a cursor has one text only, and whoever goes on from it page
 * by page arrives at the head with each change told, in order and once; started again, with all who are not offline.
 * The same for those who follow only some.
 *
 * The input is the cursor's text in a line, then pairs of bytes: what happens in the view, and to whom.
 */
#include "base/blob.h"
#include "fuzz.h"
#include "view/told.h"
#include "view/view.h"

#include <inttypes.h>
#include <jansson.h>

#define EPOCH "0123456789abcdef"

enum { USERS = 8, FULL_PAGES_MAX = 4096 };

/* Who a reader is, and what they know of each user. */
struct picture {
    struct view_entry *only[USERS + 1]; /* whom they follow, the first one twice */
    size_t only_count;                  /* 0: everyone */
    bool told[USERS];
    enum status status[USERS];
};

/* When each user changed last, whether the view has forgotten them or not. */
struct history {
    int64_t seq[USERS];
};

/* ---- the view ---- */

enum what { APPLY, LOAD, DMS, ROSTER, BEGIN, PRUNE, HEAD };

/* One thing that happens to VIEW: WHAT, of user WHO. */
static void happen(struct view *view, struct history *history, uint8_t what, uint8_t who)
{
    char key[3] = {'u', (char)('0' + who % USERS)};
    struct change change = {.key = key, .key_len = 2, .since_ms = who, .why = (enum why)(who % 6)};

    change.seq = view_head(view) + 1;
    change.status = (enum status)(what / 8 % 3);
    switch (what % 8) {
    case DMS: key[0] = '\1'; break;
    case ROSTER:
        key[0] = '\1';
        change.key_len = 1;
        break;
    case LOAD: change.seq += who; break;
    case BEGIN: view_begin(view, EPOCH, who < view_head(view) ? who : view_head(view)); return;
    case PRUNE: view_prune(view, who); return;
    case HEAD: view_set_head(view, view_head(view) + who); return;
    default: break;
    }
    if (what % 8 == LOAD)
        view_load(view, &change);
    else
        insist(view_apply(view, &change), "the next change is the next one");
    if (key[0] == 'u')
        history->seq[who % USERS] = change.seq;
}

static struct view *view_of(struct history *history, const uint8_t *data, size_t size)
{
    struct view *view = view_new("acme");

    view_begin(view, EPOCH, 0);
    for (size_t i = 0; i + 1 < size; i += 2)
        happen(view, history, data[i], data[i + 1]);
    view_set_ready(view, true);
    return view;
}

/* ---- its readers ---- */

static const struct view_entry *entry_of(const struct view *view, size_t user)
{
    const char key[3] = {'u', (char)('0' + user)};

    return view_find(view, key, 2);
}

/* Takes a page in: LAST is the seq that was told before. */
static int64_t take(struct picture *picture, const struct view *view, struct blob *body, int64_t last)
{
    json_t *page = json_loadb(body->data, body->len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *changes = json_object_get(page, "changes");
    size_t i;
    json_t *change;

    insist(json_is_array(changes), "a page is JSON");
    json_array_foreach(changes, i, change)
    {
        const char *user = json_string_value(json_object_get(change, "user"));
        const char *status = json_string_value(json_object_get(change, "status"));
        size_t who = user && *user == 'u' ? (size_t)(user[1] - '0') : USERS;
        const struct view_entry *entry = who < USERS ? entry_of(view, who) : NULL;

        insist(entry && status, "only who is in the view is told");
        insist(view_entry_seq(entry) > last, "changes are told in order and once");
        last = view_entry_seq(entry);
        picture->told[who] = true;
        insist(status_parse(status, &picture->status[who]), "a status is one");
    }
    json_decref(page);
    return last;
}

/* Reads from CURSOR to the head. */
static void read_on(struct view *view, enum view_start start, struct cursor cursor, struct picture *picture)
{
    struct view_query query = {.caller = "1",
                               .caller_len = 1,
                               .only = picture->only_count > 0 ? picture->only : NULL,
                               .only_count = picture->only_count,
                               .limit = 1 + (size_t)(cursor.seq & 3),
                               .own_rev = cursor.own_rev};
    int64_t last = start == VIEW_CONTINUE ? cursor.seq : 0;

    for (unsigned pages = 0;; pages++) {
        struct cursor next = {.seq = -1};
        struct blob *body = view_page(view, start, &cursor, &query, &next);
        bool more = strstr(body->data, "\"more\":true");

        last = take(picture, view, body, last);
        blob_unref(body);
        insist(view_start(view, &next) == VIEW_CONTINUE, "the next page can be asked for");
        insist(next.own_rev == query.own_rev, "a reader keeps their own revision");
        insist(next.seq >= last && next.seq <= view_head(view), "a cursor is as far as was told");
        if (!more) {
            insist(next.seq == view_head(view) && next.head == 0, "the last page leads to the head");
            return;
        }
        insist(start != VIEW_CONTINUE || next.seq > cursor.seq, "each page leads on");
        insist(pages < FULL_PAGES_MAX, "there is a last page");
        cursor = next;
        start = VIEW_CONTINUE;
    }
}

/* Whether user WHO changed after CURSOR had been told, as far as one who goes on from it can know. */
static bool has_news(const struct history *history, const struct cursor *cursor, size_t who)
{
    return history->seq[who] > (cursor->head > cursor->seq ? cursor->head : cursor->seq);
}

/* That who read from CURSOR knows what there was to know. */
static void compare(const struct view *view, const struct history *history, const struct cursor *cursor,
                    const struct picture *picture)
{
    for (size_t who = 0; who < USERS; who++) {
        const struct view_entry *entry = entry_of(view, who);
        bool asked = picture->only_count == 0 || who + 1 < picture->only_count;
        bool online = entry && view_entry_status(entry) != STATUS_OFFLINE;
        bool due = cursor ? has_news(history, cursor, who) : online;
        bool rest = cursor && online && view_entry_seq(entry) > cursor->seq;

        insist(!asked || picture->told[who] || !(due || rest), "nobody is left out");
        insist(asked || !picture->told[who], "nobody else is told");
        insist(!picture->told[who] || (entry && picture->status[who] == view_entry_status(entry)), "all is true");
    }
}

/* Reads as one who follows COUNT users, or everyone. */
static void look_at_reader(struct view *view, const struct history *history, const struct cursor *cursor, size_t count)
{
    struct picture picture = {.only_count = count};
    enum view_start start = view_start(view, cursor);

    for (size_t i = 0; i < count; i++) {
        const char key[3] = {'u', (char)('0' + i % (USERS / 2))};
        picture.only[i] = view_watch(view, key, 2);
    }
    read_on(view, start, cursor ? *cursor : (struct cursor){.seq = 0}, &picture);
    compare(view, history, start == VIEW_CONTINUE ? cursor : NULL, &picture);
    for (size_t i = 0; i < count; i++)
        view_unwatch(view, picture.only[i]);
}

static void look_at_view(struct view *view, const struct history *history, const struct cursor *cursor)
{
    look_at_reader(view, history, cursor, 0);
    look_at_reader(view, history, cursor, USERS / 2 + 1);
}

/* What a cursor says of places has one text, too. */
static void look_at_told(const char *text, size_t len)
{
    struct told_list told;
    char again[TOLD_TEXT_MAX + 1];

    insist(told_parse(&told, text, len), "what is told can be read");
    insist(told_format(&told, again) == len && memcmp(again, text, len) == 0, "and has one text");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const char *end = memchr(text, '\n', size);
    size_t len = end ? (size_t)(end - text) : size;
    struct cursor cursor = {.seq = -1};
    char again[CURSOR_TEXT_MAX];
    struct history history = {{0}};
    struct view *view = view_of(&history, data + len + !!end, size - len - !!end);

    if (cursor_parse(text, len, &cursor)) {
        insist(cursor.seq >= 0 && cursor.head >= 0 && cursor.own_rev >= 0, "seqs are not negative");
        size_t again_len = cursor_format(&cursor, again);
        insist(again_len < sizeof again, "there is room for it");
        size_t told_len;
        cursor_told(text, len, &told_len);
        insist(again_len + (told_len > 0 ? told_len + 2 : 0) == len && memcmp(again, text, again_len) == 0,
               "a cursor has one text");
        look_at_told(text + len - told_len, told_len);
        look_at_view(view, &history, &cursor);
    } else {
        insist(cursor.seq == -1, "what is not a cursor sets nothing");
        look_at_view(view, &history, NULL);
    }
    view_free(view);
    free(text);
    return 0;
}
