/* SPDX-License-Identifier: ISC */
/*
 * A disk that fails at any moment: it is full, worn out, or has become read-only. Each call is made with its first
 * access to the disk failing, then with its second, and so on until none is left to fail. A call does all that it
 * should, or says what is wrong and changes nothing; and it never takes a fault for an absence. Once the disk is well
 * again, so is everything else.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>

enum { DUMP_BYTES = 16384, ACCESSES_MAX = 2000 };

/* ---- the disk, as SQLite finds it ---- */

static struct {
    bool watched;
    unsigned long good; /* accesses that are left before it fails */
    bool for_ever;      /* it goes on failing */
    int error;          /* with this errno */
    unsigned long failed;
} disk;

static bool disk_fails(void)
{
    if (!disk.watched || (disk.failed > 0 && !disk.for_ever))
        return false;
    if (disk.good > 0) {
        disk.good--;
        return false;
    }
    disk.failed++;
    errno = disk.error;
    return true;
}

static ssize_t disk_read(int fd, void *bytes, size_t len)
{
    return disk_fails() ? -1 : read(fd, bytes, len);
}

static ssize_t disk_pread(int fd, void *bytes, size_t len, off64_t at)
{
    return disk_fails() ? -1 : pread64(fd, bytes, len, at);
}

static ssize_t disk_write(int fd, const void *bytes, size_t len)
{
    return disk_fails() ? -1 : write(fd, bytes, len);
}

static ssize_t disk_pwrite(int fd, const void *bytes, size_t len, off64_t at)
{
    return disk_fails() ? -1 : pwrite64(fd, bytes, len, at);
}

/* From now on SQLite asks this disk. */
static void disk_put_in(void)
{
    static const struct {
        const char *name;
        sqlite3_syscall_ptr call;
    } calls[] = {
        {"read", (sqlite3_syscall_ptr)disk_read},     {"pread", (sqlite3_syscall_ptr)disk_pread},
        {"pread64", (sqlite3_syscall_ptr)disk_pread}, {"write", (sqlite3_syscall_ptr)disk_write},
        {"pwrite", (sqlite3_syscall_ptr)disk_pwrite}, {"pwrite64", (sqlite3_syscall_ptr)disk_pwrite},
    };
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    /* The real one only takes time. */
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call);
}

/* It fails with ERROR after GOOD accesses, once or FOR_EVER. */
static void disk_wear_out(unsigned long good, bool for_ever, int error)
{
    disk.watched = true;
    disk.good = good;
    disk.for_ever = for_ever;
    disk.error = error;
    disk.failed = 0;
}

/* It is well again. Returns how often it has failed. */
static unsigned long disk_mend(void)
{
    disk.watched = false;
    return disk.failed;
}

/* ---- calls ---- */

static const unsigned char known[DIRECTORY_HASH_BYTES] = {1}, fresh[DIRECTORY_HASH_BYTES] = {2};
static const char *const three[] = {"u1", "u2", "u3"};

/* The bytes of a database with what setup() puts into it, and more. */
static struct {
    char bytes[1 << 18];
    size_t len;
} furnished;

static void make_furnished(void)
{
    void *state;
    int64_t id;
    setup(&state);
    struct fixture *self = state;
    assert_int_equal(open_dm(self->directory, "acme", three, 2, NULL, &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(open_dm(self->directory, "acme", three, 3, "three", &id, NULL), DIRECTORY_CREATED);
    assert_int_equal(grant_token(self->directory, known, "u1", "known", 0, &id), DIRECTORY_CREATED);
    assert_int_equal(id, 1);
    directory_close(self->directory); /* which leaves one file */
    self->directory = NULL;
    FILE *file = fopen(self->path, "rb");
    assert_non_null(file);
    furnished.len = fread(furnished.bytes, 1, sizeof furnished.bytes, file);
    assert_true(furnished.len > 0 && furnished.len < sizeof furnished.bytes);
    fclose(file);
    teardown(&state);
}

/* A fixture with that database. */
static struct fixture *furnish(void)
{
    struct fixture *self = calloc(1, sizeof *self);
    fixture_path(self);
    FILE *file = fopen(self->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(furnished.bytes, 1, furnished.len, file), furnished.len);
    assert_int_equal(fclose(file), 0);
    fixture_open(self);
    return self;
}

static enum directory_result put_a_workspace(struct fixture *self)
{
    return directory_put_workspace(self->directory, "beta", "Beta", NULL);
}

static enum directory_result rename_a_workspace(struct fixture *self)
{
    bool renamed;
    return directory_put_workspace(self->directory, "acme", "Other", &renamed);
}

static enum directory_result delete_a_workspace(struct fixture *self)
{
    return directory_delete_workspace(self->directory, "acme");
}

static enum directory_result put_a_member(struct fixture *self)
{
    return put_member(self->directory, "acme", "u4", "Una", "guest", NULL);
}

static enum directory_result change_a_member(struct fixture *self)
{
    return put_member(self->directory, "acme", "u1", "Una", "guest", NULL);
}

static enum directory_result admit_a_member(struct fixture *self)
{
    enum member_change changed;
    return admit_member(self->directory, "acme", "u4", "Una", 1000, &changed);
}

static enum directory_result admit_by_another_name(struct fixture *self)
{
    enum member_change changed;
    return admit_member(self->directory, "acme", "u1", "Una", 1000, &changed);
}

static void on_partner(void *ctx, const char *partner)
{
    (void)ctx;
    (void)partner;
}

static enum directory_result delete_a_member(struct fixture *self)
{
    return directory_delete_member(self->directory, "acme", "u1", on_partner, NULL);
}

static enum directory_result import_some(struct fixture *self)
{
    size_t added, changed;
    enum directory_result begun = directory_import_begin(self->directory, "acme");
    if (begun != DIRECTORY_OK)
        return begun;
    import_add(self->directory, "u1", "Una", "guest", NULL);
    import_add(self->directory, "u5", "Ulf", "guest", NULL);
    return directory_import_end(self->directory, true, &added, &changed);
}

static enum directory_result open_a_pair(struct fixture *self)
{
    int64_t id;
    return open_dm(self->directory, "acme", three + 1, 2, NULL, &id, NULL);
}

static enum directory_result open_a_group_by_key(struct fixture *self)
{
    const struct dm_opening opening = {.users = {three, 3}, .name = "again", .key = "key"};
    int64_t id;
    return directory_open_dm(self->directory, "acme", &opening, &id, NULL);
}

static enum directory_result put_a_group(struct fixture *self)
{
    return put_dm(self->directory, "acme", 2, three, 2, "two", NULL);
}

static enum directory_result delete_a_group(struct fixture *self)
{
    return directory_delete_dm(self->directory, "acme", 2);
}

static enum directory_result add_a_token(struct fixture *self)
{
    int64_t id;
    return grant_token(self->directory, fresh, "u2", "fresh", 0, &id);
}

static enum directory_result delete_a_token(struct fixture *self)
{
    return directory_delete_token(self->directory, 1);
}

static enum directory_result find_a_member(struct fixture *self)
{
    return directory_is_member(self->directory, "acme", "u2");
}

static enum directory_result find_nobody(struct fixture *self)
{
    return directory_is_member(self->directory, "acme", "stranger") == DIRECTORY_NOT_FOUND ? DIRECTORY_OK
                                                                                           : DIRECTORY_BROKEN;
}

static enum directory_result look_for_a_member(struct fixture *self)
{
    return directory_has_member(self->directory, "acme", "u2");
}

static enum directory_result get_a_member(struct fixture *self)
{
    struct list list = {""};
    return directory_get_member(self->directory, "acme", "u2", add_member, &list);
}

static enum directory_result list_members(struct fixture *self)
{
    struct list list = {""};
    enum directory_result result = each_member(self->directory, "acme", NULL, 10, add_member, &list);
    if (result == DIRECTORY_OK)
        assert_string_equal(list.text, "u1=Ursula/member;u2=Uwe/admin;u3=u3/member;");
    return result;
}

static enum directory_result list_workspaces(struct fixture *self)
{
    struct list list = {""};
    enum directory_result result = directory_each_workspace(self->directory, NULL, 10, add_workspace, &list);
    if (result == DIRECTORY_OK)
        assert_string_equal(list.text, "acme=Acme/3;");
    return result;
}

static enum directory_result list_workspaces_of_one(struct fixture *self)
{
    struct list list = {""};
    return directory_each_workspace_of(self->directory, "u1", add_workspace, &list);
}

static enum directory_result get_a_workspace(struct fixture *self)
{
    struct list list = {""};
    return directory_get_workspace(self->directory, "acme", add_workspace, &list);
}

static enum directory_result look_for_a_workspace(struct fixture *self)
{
    return directory_has_workspace(self->directory, "acme");
}

static enum directory_result list_conversations(struct fixture *self)
{
    struct list list = {""};
    enum directory_result result = list_dms(self->directory, "u1", 0, 10, &list);
    if (result == DIRECTORY_OK)
        assert_string_equal(list.text, "1 -: u1 u2;2 three group: u1 u2 u3;");
    return result;
}

static enum directory_result get_a_conversation(struct fixture *self)
{
    struct list list = {""};
    return directory_get_dm(self->directory, "acme", 2, add_dm, &list);
}

static enum directory_result list_partners(struct fixture *self)
{
    return each_partner(self->directory, "acme", three, 1, on_partner, NULL);
}

static enum directory_result find_a_token(struct fixture *self)
{
    struct token_row row;
    return directory_find_token(self->directory, known, &row);
}

static enum directory_result look_for_a_token(struct fixture *self)
{
    return directory_has_token(self->directory, 1);
}

static enum directory_result list_tokens(struct fixture *self)
{
    struct list list = {""};
    return directory_each_token(self->directory, 0, 10, add_token, &list);
}

static enum directory_result check(struct fixture *self)
{
    return directory_check(self->directory, true, self->error, sizeof self->error);
}

static enum directory_result tidy(struct fixture *self)
{
    return directory_tidy(self->directory);
}

typedef enum directory_result call_fn(struct fixture *self);

static call_fn *const writes[] = {
    put_a_workspace, rename_a_workspace, delete_a_workspace,    put_a_member, change_a_member,
    admit_a_member,  delete_a_member,    admit_by_another_name, import_some,  open_a_pair,
    put_a_group,     delete_a_group,     open_a_group_by_key,   add_a_token,  delete_a_token,
};
static call_fn *const reads[] = {
    find_a_member,   find_nobody,          look_for_a_member,  get_a_member,       list_members,
    list_workspaces, get_a_workspace,      list_conversations, get_a_conversation, list_workspaces_of_one,
    list_partners,   look_for_a_workspace, find_a_token,       look_for_a_token,   list_tokens,
    check,
};
static call_fn *const at_start[] = {tidy};

/* ---- what is in the database, as another program finds it ---- */

static int dump_row(void *ctx, int count, char **values, char **names)
{
    char *dump = ctx;
    size_t len = strlen(dump);
    (void)names;
    for (int i = 0; i < count && len < DUMP_BYTES; i++)
        len += (size_t)snprintf(dump + len, DUMP_BYTES - len, "%s|", values[i] ? values[i] : "-");
    return 0;
}

static void dump(struct fixture *self, char out[DUMP_BYTES])
{
    static const char *const tables[] = {"workspace", "user",           "member",
                                         "dm",        "dm_participant", "hex(hash), * FROM token"};
    sqlite3 *db = NULL;
    char sql[80];
    out[0] = '\0';
    assert_int_equal(sqlite3_open(self->path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        snprintf(sql, sizeof sql, "SELECT %s%s", strchr(tables[i], ' ') ? "" : "* FROM ", tables[i]);
        assert_int_equal(sqlite3_exec(db, sql, dump_row, out, NULL), SQLITE_OK);
    }
    sqlite3_close(db);
}

/* Nothing that was read before is remembered by SQLite, so that the next call has to read it. */
static void forget(struct fixture *self)
{
    sqlite3_db_release_memory(self->directory->db.handle);
    let_time_pass(self->directory);
}

/* ---- what holds ---- */

static bool is_good(enum directory_result result)
{
    return result == DIRECTORY_OK || result == DIRECTORY_CREATED;
}

/* Makes CALL with a disk that fails with ERROR after GOOD accesses. False if it did not get that far. */
static bool try_with(call_fn *call, unsigned long good, int error, enum directory_result expected)
{
    static char before[DUMP_BYTES], after[DUMP_BYTES];
    struct fixture *self = furnish();
    dump(self, before);
    forget(self);
    disk_wear_out(good, good % 2 == 0, error);
    enum directory_result result = call(self);
    unsigned long failed = disk_mend();
    dump(self, after);
    if (!is_good(result)) {
        assert_true(failed > 0);
        assert_int_equal(result, expected);
        assert_string_equal(before, after);
        assert_int_equal(directory_is_member(self->directory, "acme", "u1"), DIRECTORY_OK);
        assert_true(is_good(call(self)));
    }
    teardown((void **)&self);
    return failed > 0;
}

static void try_all(call_fn *const calls[], size_t count, int error, enum directory_result expected)
{
    for (size_t i = 0; i < count; i++) {
        unsigned long good = 0;
        while (try_with(calls[i], good, error, expected))
            assert_true(++good < ACCESSES_MAX);
    }
}

static void a_full_disk_is_said_and_nothing_is_half_done(void **state)
{
    (void)state;
    try_all(writes, sizeof writes / sizeof writes[0], ENOSPC, DIRECTORY_FULL);
}

static void a_worn_out_disk_is_said_and_nothing_is_half_done(void **state)
{
    (void)state;
    try_all(writes, sizeof writes / sizeof writes[0], EIO, DIRECTORY_BROKEN);
}

static void the_reason_of_the_system_is_said_whenever_it_comes(void **state)
{
    (void)state;
    call_fn *const some[] = {put_a_member, import_some};
    try_all(some, sizeof some / sizeof some[0], EDQUOT, DIRECTORY_FULL);
    try_all(some, sizeof some / sizeof some[0], EROFS, DIRECTORY_READONLY);
}

static void what_cannot_be_read_is_not_taken_for_absent(void **state)
{
    (void)state;
    try_all(reads, sizeof reads / sizeof reads[0], EIO, DIRECTORY_BROKEN);
    try_all(at_start, 1, EIO, DIRECTORY_BROKEN);
}

static void expect_taken_away(call_fn *const calls[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture *self = furnish();
        assert_int_equal(unlink(self->path), 0);
        forget(self);
        assert_int_equal(calls[i](self), DIRECTORY_BROKEN);
        if (calls[i] != check)
            assert_non_null(strstr(directory_error(self->directory), "replaced or removed"));
        teardown((void **)&self);
    }
}

static void a_database_that_was_taken_away_is_not_an_empty_one(void **state)
{
    (void)state;
    expect_taken_away(writes, sizeof writes / sizeof writes[0]);
    expect_taken_away(reads, sizeof reads / sizeof reads[0]);
}

static void a_database_is_opened_whole_or_not_at_all(void **state)
{
    (void)state;
    for (unsigned long good = 0, failed = 1; failed > 0; good++) {
        struct fixture *self = calloc(1, sizeof *self);
        fixture_path(self);
        disk_wear_out(good, good % 2 == 0, good % 3 == 0 ? ENOSPC : EIO);
        self->directory = directory_open(self->path, self->error, sizeof self->error);
        failed = disk_mend();
        if (!self->directory) {
            assert_true(failed > 0);
            assert_non_null(strstr(self->error, self->path));
            fixture_open(self);
        }
        assert_int_equal(put_a_workspace(self), DIRECTORY_CREATED);
        teardown((void **)&self);
        assert_true(good < ACCESSES_MAX);
    }
}

static void a_backup_is_made_whole_or_the_one_before_stays(void **state)
{
    (void)state;
    for (unsigned long good = 0, failed = 1; failed > 0; good++) {
        struct fixture *self = furnish();
        struct stat before, after, part;
        char out[160], beside[170];
        snprintf(out, sizeof out, "%s/copy", self->root);
        snprintf(beside, sizeof beside, "%s.part", out);
        assert_true(directory_backup(self->path, out, self->error, sizeof self->error));
        assert_int_equal(stat(out, &before), 0);
        disk_wear_out(good, good % 2 == 0, good % 3 == 0 ? ENOSPC : EIO);
        bool made = directory_backup(self->path, out, self->error, sizeof self->error);
        failed = disk_mend();
        assert_int_equal(stat(out, &after), 0);
        assert_true(made == (before.st_ino != after.st_ino));
        assert_true(made || failed > 0);
        assert_int_not_equal(stat(beside, &part), 0);
        directory_close(directory_open(out, self->error, sizeof self->error));
        teardown((void **)&self);
        assert_true(good < ACCESSES_MAX);
    }
}

static int prepare(void **state)
{
    (void)state;
    disk_put_in();
    make_furnished();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_is_said_and_nothing_is_half_done),
        cmocka_unit_test(a_worn_out_disk_is_said_and_nothing_is_half_done),
        cmocka_unit_test(the_reason_of_the_system_is_said_whenever_it_comes),
        cmocka_unit_test(what_cannot_be_read_is_not_taken_for_absent),
        cmocka_unit_test(a_database_that_was_taken_away_is_not_an_empty_one),
        cmocka_unit_test(a_database_is_opened_whole_or_not_at_all),
        cmocka_unit_test(a_backup_is_made_whole_or_the_one_before_stays),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
