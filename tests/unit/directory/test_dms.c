/* SPDX-License-Identifier: ISC */
/* DMs: opened once however many try, replaced, removed, listed with their participants. */
#include "base/limits.h"
#include "fixture.h"

static const char *const pair[] = {"u1", "u2"};
static const char *const reversed[] = {"u2", "u1"};
static const char *const three[] = {"u3", "u1", "u2"};

static void a_pair_exists_once_whoever_opens_it(void **state)
{
    struct fixture *self = *state;
    int64_t first;
    int64_t second;
    assert_int_equal(open_dm(self->directory, "acme", pair, 2, NULL, &first, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", reversed, 2, NULL, &second, NULL), DIRECTORY_OK);
    assert_int_equal(first, second);
}

static void who_is_in_a_dm_is_known(void **state)
{
    struct fixture *self = *state;
    int64_t id;
    open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL);
    assert_int_equal(directory_is_in_dm(self->directory, "acme", id, "u1"), DIRECTORY_OK);
    assert_int_equal(directory_is_in_dm(self->directory, "acme", id, "u3"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_is_in_dm(self->directory, "beta", id, "u1"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_is_in_dm(self->directory, "acme", id + 1, "u1"), DIRECTORY_NOT_FOUND);
    directory_delete_dm(self->directory, "acme", id);
    assert_int_equal(directory_is_in_dm(self->directory, "acme", id, "u1"), DIRECTORY_NOT_FOUND);
}

static void no_pair_imitates_another(void **state)
{
    struct fixture *self = *state;
    const char *const tricky[][2] = {{"a", "b:c"}, {"a:b", "c"},     {"ab", "c"},     {"a", "bc"},
                                     {"1:a", "b"}, {"a1", ":b"},     {"a", "b1:c"},   {"a1:b", "c"},
                                     {"a", "b"},   {"a1:b1:c", "d"}, {"a", "b1:c1:d"}};
    enum { PAIRS = sizeof tricky / sizeof tricky[0] };
    int64_t id;
    for (size_t i = 0; i < PAIRS; i++)
        for (size_t j = 0; j < 2; j++)
            put_member(self->directory, "acme", tricky[i][j], NULL, NULL, NULL);
    for (size_t i = 0; i < PAIRS; i++)
        assert_int_equal(open_dm(self->directory, "acme", tricky[i], 2, NULL, &id, NULL), DIRECTORY_CREATED);
}

static void a_named_pair_and_a_group_are_new_each_time(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    int64_t id;
    assert_int_equal(open_dm(self->directory, "acme", pair, 2, "Plans", &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", pair, 2, "Plans", &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", three, 3, NULL, &id, NULL), DIRECTORY_CREATED);
    list_dms(self->directory, NULL, 0, 10, &list);
    assert_string_equal(list.text, "1 Plans group: u1 u2;2 Plans group: u1 u2;3 - group: u1 u2 u3;");
}

/* Opens USERS with NAME by KEY; the id into ID. */
static enum directory_result once(struct fixture *self, const char *const *users, size_t count, const char *name,
                                  const char *key, int64_t *id)
{
    const struct dm_opening opening = {.users = {users, count}, .name = name, .key = key};

    return directory_open_dm(self->directory, "acme", &opening, id, NULL);
}

static void a_key_opens_one_group_however_often_it_comes(void **state)
{
    struct fixture *self = *state;
    int64_t first, again, other;
    assert_int_equal(once(self, three, 3, "Plans", "key-1", &first), DIRECTORY_CREATED);
    for (int i = 0; i < 3; i++) {
        again = 0;
        assert_int_equal(once(self, three, 3, "Plans", "key-1", &again), DIRECTORY_OK);
        assert_int_equal(again, first);
    }
    assert_int_equal(once(self, three, 3, "Plans", "key-2", &other), DIRECTORY_CREATED);
    assert_true(other != first);
    assert_int_equal(number_of(self, "SELECT count(*) FROM dm"), 2);
}

static void what_exists_is_found_while_somebody_else_writes(void **state)
{
    struct fixture *self = *state;
    sqlite3 *writer;
    int64_t direct, group, found = 0;
    assert_int_equal(open_dm(self->directory, "acme", pair, 2, NULL, &direct, NULL), DIRECTORY_CREATED);
    assert_int_equal(once(self, three, 3, "Plans", "key-1", &group), DIRECTORY_CREATED);
    assert_int_equal(sqlite3_open(self->path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(open_dm(self->directory, "acme", reversed, 2, NULL, &found, NULL), DIRECTORY_OK);
    assert_int_equal(found, direct);
    assert_int_equal(once(self, pair, 2, NULL, "key-2", &found), DIRECTORY_OK);
    assert_int_equal(once(self, three, 3, "Plans", "key-1", &found), DIRECTORY_OK);
    assert_int_equal(found, group);
    assert_int_equal(once(self, three, 3, "Other plans", "key-1", &found), DIRECTORY_OTHER);
    sqlite3_close(writer);
}

static void a_key_is_its_user_s_own_and_stands_for_one_request(void **state)
{
    static const char *const by_another[] = {"u1", "u3", "u2"};
    struct fixture *self = *state;
    int64_t id;
    assert_int_equal(once(self, three, 3, "Plans", "key-1", &id), DIRECTORY_CREATED);
    assert_int_equal(once(self, by_another, 3, "Plans", "key-1", &id), DIRECTORY_CREATED);
    assert_int_equal(once(self, three, 3, "Other plans", "key-1", &id), DIRECTORY_OTHER);
    assert_int_equal(once(self, three, 3, NULL, "key-1", &id), DIRECTORY_OTHER);
    assert_int_equal(once(self, three, 2, "Plans", "key-1", &id), DIRECTORY_OTHER);
    assert_int_equal(number_of(self, "SELECT count(*) FROM dm"), 2);
}

static void a_key_that_opened_nothing_is_not_remembered(void **state)
{
    static const char *const stranger[] = {"u1", "u2", "stranger"};
    struct fixture *self = *state;
    int64_t id;
    assert_int_equal(once(self, stranger, 3, NULL, "key-1", &id), DIRECTORY_INVALID);
    put_member(self->directory, "acme", "stranger", NULL, NULL, NULL);
    assert_int_equal(once(self, stranger, 3, NULL, "key-1", &id), DIRECTORY_CREATED);
}

static void a_key_goes_with_its_conversation_and_with_its_user(void **state)
{
    struct fixture *self = *state;
    int64_t id;
    assert_int_equal(once(self, three, 3, NULL, "key-1", &id), DIRECTORY_CREATED);
    directory_delete_dm(self->directory, "acme", id);
    assert_int_equal(once(self, three, 3, NULL, "key-1", &id), DIRECTORY_CREATED);
    directory_delete_member(self->directory, "acme", "u3", NULL, NULL);
    assert_int_equal(number_of(self, "SELECT count(*) FROM opening"), 0);
}

static void keys_are_remembered_for_a_day_and_the_latest_alone(void **state)
{
    static const char *const by_turns[][2] = {{"u3", "u1"}, {"u3", "u2"}};
    struct fixture *self = *state;
    char key[16];
    int64_t id;
    for (int i = 0; i < LIMIT_OPENINGS; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        assert_int_equal(once(self, by_turns[i % 2], 2, "Plans", key, &id), DIRECTORY_CREATED);
    }
    assert_int_equal(once(self, by_turns[0], 2, "Plans", "key-0", &id), DIRECTORY_OK);
    assert_int_equal(once(self, by_turns[0], 2, "Plans", "one more", &id), DIRECTORY_CREATED);
    assert_int_equal(number_of(self, "SELECT count(*) FROM opening"), LIMIT_OPENINGS);
    assert_int_equal(once(self, by_turns[0], 2, "Plans", "one more", &id), DIRECTORY_OK);
    assert_int_equal(once(self, by_turns[0], 2, "Plans", "key-0", &id), DIRECTORY_CREATED);
    elsewhere(self, "UPDATE opening SET created_ms = created_ms - 86400001");
    assert_int_equal(once(self, pair, 2, "Plans", "of another", &id), DIRECTORY_CREATED);
    assert_int_equal(number_of(self, "SELECT count(*) FROM opening"), 1);
}

static void who_is_no_member_is_named(void **state)
{
    struct fixture *self = *state;
    const char *const users[] = {"u1", "stranger", "u2"};
    size_t invalid = 99;
    int64_t id;
    assert_int_equal(open_dm(self->directory, "acme", users, 3, NULL, &id, &invalid), DIRECTORY_INVALID);
    assert_int_equal(invalid, 1);
    assert_int_equal(number_of(self, "SELECT count(*) FROM dm"), 0);
}

static void too_few_too_many_and_twice_the_same_are_refused(void **state)
{
    struct fixture *self = *state;
    const char *const twice[] = {"u1", "u2", "u1"};
    const char *many[LIMIT_DM_PARTICIPANTS + 1];
    size_t invalid = 99;
    int64_t id;
    for (size_t i = 0; i < LIMIT_DM_PARTICIPANTS + 1; i++)
        many[i] = "u1";
    assert_int_equal(open_dm(self->directory, "acme", pair, 1, NULL, &id, NULL), DIRECTORY_INVALID);
    assert_int_equal(open_dm(self->directory, "acme", twice, 3, NULL, &id, &invalid), DIRECTORY_INVALID);
    assert_int_equal(invalid, 2);
    assert_int_equal(open_dm(self->directory, "acme", many, LIMIT_DM_PARTICIPANTS + 1, NULL, &id, NULL),
                     DIRECTORY_LIMIT);
}

static void a_workspace_that_is_not_there_is_not_found(void **state)
{
    struct fixture *self = *state;
    int64_t id;
    assert_int_equal(open_dm(self->directory, "beta", pair, 2, NULL, &id, NULL), DIRECTORY_NOT_FOUND);
    assert_int_equal(put_dm(self->directory, "beta", 1, pair, 2, NULL, NULL), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_delete_dm(self->directory, "beta", 1), DIRECTORY_NOT_FOUND);
}

static void what_one_user_opens_is_capped(void **state)
{
    struct fixture *self = *state;
    int64_t id;
    elsewhere(self, "WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
                    "INSERT INTO dm SELECT 'acme', i, NULL, NULL, 'u1', 1 FROM n");
    assert_int_equal(open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL), DIRECTORY_LIMIT);
    assert_int_equal(open_dm(self->directory, "acme", reversed, 2, NULL, &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL), DIRECTORY_OK);
}

/* N groups of u1 with WITH and COUNT - 2 others, opened by OPENER. */
static void insert_groups(struct fixture *self, const char *opener, const char *with, int n, int count)
{
    char sql[1024];
    snprintf(
        sql, sizeof sql,
        "PRAGMA foreign_keys = OFF; CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 200) SELECT i FROM n;"
        "INSERT OR IGNORE INTO member SELECT 'acme', 'x' || i, 'x', 'member', 1 FROM n WHERE i <= 50;"
        "INSERT INTO dm SELECT 'acme', i, NULL, NULL, '%s', 1 FROM n WHERE i <= %d;"
        "INSERT INTO dm_participant SELECT 'acme', id, '%s' FROM dm UNION ALL SELECT 'acme', id, '%s' FROM dm;"
        "INSERT INTO dm_participant SELECT 'acme', id, 'x' || i FROM dm, n WHERE i BETWEEN 3 AND %d;"
        "UPDATE workspace SET next_dm = %d",
        opener, n, opener, with, count, n + 1);
    elsewhere(self, sql);
}

static void groups_of_one_opener_with_one_person_are_capped(void **state)
{
    struct fixture *self = *state;
    const char *const without[] = {"u1", "u3"};
    const char *const by_another[] = {"u3", "u2", "u1"};
    const char *const ordinary[] = {"u1", "u3", "u2"};
    size_t crowded = 99;
    int64_t id;
    insert_groups(self, "u1", "u2", LIMIT_GROUPS_WITH_ONE, 2);
    elsewhere(self, "UPDATE dm SET created_ms = strftime('%s', 'now') * 1000");
    assert_int_equal(open_dm(self->directory, "acme", ordinary, 3, NULL, &id, &crowded), DIRECTORY_LIMIT);
    assert_int_equal(crowded, 2);
    assert_int_equal(open_dm(self->directory, "acme", pair, 2, "named", &id, &crowded), DIRECTORY_LIMIT);
    assert_int_equal(crowded, 1);
    assert_int_equal(open_dm(self->directory, "acme", without, 2, "named", &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", by_another, 3, NULL, &id, NULL), DIRECTORY_CREATED);
    directory_delete_dm(self->directory, "acme", 1);
    assert_int_equal(open_dm(self->directory, "acme", ordinary, 3, NULL, &id, NULL), DIRECTORY_CREATED);
    elsewhere(self, "UPDATE dm SET created_ms = created_ms - 89 * 86400000");
    assert_int_equal(open_dm(self->directory, "acme", ordinary, 3, NULL, &id, NULL), DIRECTORY_LIMIT);
    elsewhere(self, "UPDATE dm SET created_ms = created_ms - 86400000");
    assert_int_equal(open_dm(self->directory, "acme", ordinary, 3, NULL, &id, NULL), DIRECTORY_CREATED);
}

static void seats_of_one_opener_are_capped(void **state)
{
    struct fixture *self = *state;
    const char *const without[] = {"u1", "u3"};
    size_t crowded = 99;
    int64_t id;
    insert_groups(self, "u1", "x2", LIMIT_SEATS_PER_OPENER / LIMIT_DM_PARTICIPANTS, LIMIT_DM_PARTICIPANTS);
    assert_int_equal(open_dm(self->directory, "acme", without, 2, "named", &id, &crowded), DIRECTORY_LIMIT);
    assert_int_equal(crowded, 2);
    assert_int_equal(open_dm(self->directory, "acme", without, 2, NULL, &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", reversed, 2, "named", &id, NULL), DIRECTORY_CREATED);
}

static void ids_are_never_given_twice(void **state)
{
    struct fixture *self = *state;
    int64_t first;
    int64_t second;
    open_dm(self->directory, "acme", pair, 2, NULL, &first, NULL);
    assert_int_equal(directory_delete_dm(self->directory, "acme", first), DIRECTORY_OK);
    open_dm(self->directory, "acme", pair, 2, NULL, &second, NULL);
    assert_true(second > first);
}

static void a_pair_goes_with_either_of_the_two_and_a_group_with_the_last(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    int64_t id;
    open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL);
    open_dm(self->directory, "acme", three, 3, NULL, &id, NULL);
    directory_delete_member(self->directory, "acme", "u1", NULL, NULL);
    list_dms(self->directory, "u2", 0, 10, &list);
    assert_string_equal(list.text, "2 - group: u2 u3;");
    directory_delete_member(self->directory, "acme", "u2", NULL, NULL);
    directory_delete_member(self->directory, "acme", "u3", NULL, NULL);
    assert_int_equal(number_of(self, "SELECT count(*) FROM dm"), 0);
}

static void add_partner(void *ctx, const char *partner)
{
    list_add(ctx, "%s;", partner);
}

static void partners_are_all_who_share_a_dm_each_once(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    int64_t id;
    put_member(self->directory, "acme", "u4", NULL, NULL, NULL);
    directory_put_workspace(self->directory, "beta", NULL, NULL);
    put_member(self->directory, "beta", "u1", NULL, NULL, NULL);
    open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL);
    open_dm(self->directory, "acme", three, 3, NULL, &id, NULL);
    assert_int_equal(each_partner(self->directory, "acme", three, 3, add_partner, &list), DIRECTORY_OK);
    assert_int_equal(strlen(list.text), strlen("u1;u2;u3;"));
    list = (struct list){0};
    each_partner(self->directory, "acme", (const char *[]){"u4"}, 1, add_partner, &list);
    each_partner(self->directory, "beta", three, 3, add_partner, &list);
    each_partner(self->directory, "acme", (const char *[]){"\"];"}, 1, add_partner, &list);
    each_partner(self->directory, "acme", NULL, 0, add_partner, &list);
    assert_string_equal(list.text, "");
}

static void who_is_removed_is_told_of_with_their_partners(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    int64_t id;
    open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL);
    assert_int_equal(directory_delete_member(self->directory, "acme", pair[0], add_partner, &list), DIRECTORY_OK);
    assert_non_null(strstr(list.text, pair[1]));
    assert_int_equal(directory_delete_member(self->directory, "acme", "u3", add_partner, &list), DIRECTORY_OK);
    assert_null(strstr(list.text, "u3"));
}

static void one_who_comes_back_has_no_old_dms(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    int64_t id;
    open_dm(self->directory, "acme", three, 3, NULL, &id, NULL);
    directory_delete_member(self->directory, "acme", "u1", NULL, NULL);
    put_member(self->directory, "acme", "u1", NULL, NULL, NULL);
    list_dms(self->directory, "u1", 0, 10, &list);
    assert_string_equal(list.text, "");
}

static void an_administrator_chooses_the_id_and_replaces_all(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    int64_t id;
    assert_int_equal(put_dm(self->directory, "acme", 70, pair, 2, "Old", NULL), DIRECTORY_CREATED);
    assert_int_equal(put_dm(self->directory, "acme", 70, three, 3, NULL, NULL), DIRECTORY_OK);
    assert_int_equal(directory_get_dm(self->directory, "acme", 70, add_dm, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "70 - group: u1 u2 u3;");
    open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL);
    assert_int_equal(id, 71);
}

static void an_id_that_is_reserved_already_writes_no_row_of_the_workspace(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(put_dm(self->directory, "acme", 70, pair, 2, "Old", NULL), DIRECTORY_CREATED);
    seal_workspaces(self);
    assert_int_equal(put_dm(self->directory, "acme", 70, three, 3, NULL, NULL), DIRECTORY_OK);
    assert_int_equal(put_dm(self->directory, "acme", 69, pair, 2, "Other", NULL), DIRECTORY_CREATED);
}

static void ids_that_javascript_cannot_count_are_invalid(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(put_dm(self->directory, "acme", 0, pair, 2, NULL, NULL), DIRECTORY_INVALID);
    assert_int_equal(put_dm(self->directory, "acme", -1, pair, 2, NULL, NULL), DIRECTORY_INVALID);
    assert_int_equal(put_dm(self->directory, "acme", INT64_MAX, pair, 2, NULL, NULL), DIRECTORY_INVALID);
}

static void ids_are_each_workspaces_own(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    directory_put_workspace(self->directory, "beta", NULL, NULL);
    put_member(self->directory, "beta", "u1", NULL, NULL, NULL);
    put_dm(self->directory, "acme", 5, pair, 2, "Ours", NULL);
    assert_int_equal(directory_get_dm(self->directory, "beta", 5, add_dm, &list), DIRECTORY_NOT_FOUND);
    assert_int_equal(put_dm(self->directory, "beta", 5, pair, 1, "Theirs", NULL), DIRECTORY_CREATED);
    directory_get_dm(self->directory, "acme", 5, add_dm, &list);
    assert_string_equal(list.text, "5 Ours group: u1 u2;");
}

static void a_list_is_the_users_own_and_paged(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    const char *const others[] = {"u2", "u3"};
    int64_t id;
    open_dm(self->directory, "acme", pair, 2, NULL, &id, NULL);
    open_dm(self->directory, "acme", others, 2, NULL, &id, NULL);
    open_dm(self->directory, "acme", three, 3, "All", &id, NULL);
    list_dms(self->directory, "u1", 0, 1, &list);
    assert_string_equal(list.text, "1 -: u1 u2;");
    list_dms(self->directory, "u1", 1, 10, &list);
    assert_string_equal(list.text, "1 -: u1 u2;3 All group: u1 u2 u3;");
}

static void bad_text_is_skipped_and_the_others_are_listed(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    int64_t id;
    open_dm(self->directory, "acme", pair, 2, "One", &id, NULL);
    open_dm(self->directory, "acme", three, 3, "Two", &id, NULL);
    elsewhere(self, "UPDATE dm SET name = CAST(x'c328' AS TEXT) WHERE id = 1;"
                    "UPDATE member SET name = CAST(x'ff' AS TEXT) WHERE user = 'u3'");
    assert_int_equal(list_dms(self->directory, "u1", 0, 10, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "2 Two group: u1 u2;");
}

enum { PROCESSES = 6, PARTNERS = 40 };

/* In a process of its own: opens DMs of u1 with each partner as soon as GATE is closed and tells their ids. */
static void open_in_child(struct fixture *self, int gate, int answers)
{
    char byte;
    int64_t ids[PARTNERS];
    struct directory *directory = directory_open(self->path, self->error, sizeof self->error);
    bool good = directory != NULL && read(gate, &byte, 1) == 0;
    for (int i = 0; good && i < PARTNERS; i++) {
        char partner[32];
        snprintf(partner, sizeof partner, "p%d", i);
        const char *const users[] = {partner, "u1"};
        enum directory_result result;
        do
            result = open_dm(directory, "acme", users, 2, NULL, &ids[i], NULL);
        while (result == DIRECTORY_BUSY && sqlite3_sleep(5) > 0); /* another one was stopped while it wrote */
        good = result <= DIRECTORY_CREATED;
    }
    _exit(good && write(answers, ids, sizeof ids) == sizeof ids ? 0 : 1);
}

static void many_processes_that_open_a_pair_at_once_get_the_same(void **state)
{
    struct fixture *self = *state;
    int gate[2];
    int answers[2];
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(pipe(answers), 0);
    elsewhere(self,
              "PRAGMA foreign_keys = OFF; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39) "
              "INSERT INTO member SELECT 'acme', 'p' || i, 'x', 'member', 1 FROM n");
    for (int i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid > 0)
            continue;
        close(gate[1]);
        open_in_child(self, gate[0], answers[1]);
    }
    close(gate[0]);
    close(gate[1]);
    int64_t first[PARTNERS];
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        int64_t ids[PARTNERS];
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
        assert_int_equal(read(answers[0], ids, sizeof ids), sizeof ids);
        assert_memory_equal(ids, i == 0 ? ids : first, sizeof ids);
        memcpy(first, ids, sizeof ids);
    }
    assert_int_equal(number_of(self, "SELECT count(*) FROM dm"), PARTNERS);
    assert_int_equal(number_of(self, "SELECT count(*) FROM dm_participant"), 2 * PARTNERS);
    close(answers[0]);
    close(answers[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_pair_exists_once_whoever_opens_it),
        TEST(who_is_in_a_dm_is_known),
        TEST(no_pair_imitates_another),
        TEST(a_named_pair_and_a_group_are_new_each_time),
        TEST(a_key_opens_one_group_however_often_it_comes),
        TEST(what_exists_is_found_while_somebody_else_writes),
        TEST(a_key_is_its_user_s_own_and_stands_for_one_request),
        TEST(a_key_that_opened_nothing_is_not_remembered),
        TEST(a_key_goes_with_its_conversation_and_with_its_user),
        TEST(keys_are_remembered_for_a_day_and_the_latest_alone),
        TEST(who_is_no_member_is_named),
        TEST(too_few_too_many_and_twice_the_same_are_refused),
        TEST(a_workspace_that_is_not_there_is_not_found),
        TEST(what_one_user_opens_is_capped),
        TEST(groups_of_one_opener_with_one_person_are_capped),
        TEST(seats_of_one_opener_are_capped),
        TEST(ids_are_never_given_twice),
        TEST(a_pair_goes_with_either_of_the_two_and_a_group_with_the_last),
        TEST(partners_are_all_who_share_a_dm_each_once),
        TEST(who_is_removed_is_told_of_with_their_partners),
        TEST(one_who_comes_back_has_no_old_dms),
        TEST(an_administrator_chooses_the_id_and_replaces_all),
        TEST(an_id_that_is_reserved_already_writes_no_row_of_the_workspace),
        TEST(ids_that_javascript_cannot_count_are_invalid),
        TEST(ids_are_each_workspaces_own),
        TEST(a_list_is_the_users_own_and_paged),
        TEST(bad_text_is_skipped_and_the_others_are_listed),
        TEST(many_processes_that_open_a_pair_at_once_get_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
