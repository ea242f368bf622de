/* SPDX-License-Identifier: ISC */
/* Webhooks: put, read, rotated, stopped, removed; and how a reader learns that some are others. */
#include "directory/webhooks.h"
#include "fixture.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"

static struct webhook example(const char *id)
{
    return (struct webhook){
        .id = id,
        .url = "https://crm.example.org/hook",
        .events = WEBHOOK_ALL,
        .delay_s = 3,
        .active = true,
        .secret = "whsec_first",
    };
}

static enum directory_result put(struct fixture *self, const struct webhook *webhook)
{
    return directory_put_webhook(self->directory, webhook);
}

static void add_webhook(void *ctx, const struct webhook *row)
{
    list_add(ctx, "%s %s %s %u %d%s%s %s/%s;", row->id, row->url, row->workspace ? row->workspace : "-", row->events,
             (int)row->delay_s, row->reveal ? " reveal" : "", row->active ? "" : " off", row->secret,
             row->old_secret ? row->old_secret : "-");
}

static void note_times(void *ctx, const struct webhook *row)
{
    int64_t *times = ctx;
    times[0] = row->created_ms;
    times[1] = row->old_secret_until_ms;
}

static void a_webhook_is_read_as_it_was_put_and_keeps_its_secret(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    struct webhook webhook = example("crm");
    assert_int_equal(put(self, &webhook), DIRECTORY_CREATED);
    assert_int_equal(put(self, &webhook), DIRECTORY_OK);
    webhook = (struct webhook){"crm", "http://x/", "acme", WEBHOOK_STATUS | WEBHOOK_DM, 0, true, false, "whsec_other",
                               NULL,  0,           0};
    assert_int_equal(directory_get_webhook(self->directory, "crm", add_webhook, &list), DIRECTORY_OK);
    assert_int_equal(put(self, &webhook), DIRECTORY_OK);
    assert_int_equal(directory_get_webhook(self->directory, "crm", add_webhook, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "crm https://crm.example.org/hook - 31 3 whsec_first/-;"
                                   "crm http://x/ acme 17 0 reveal off whsec_first/-;");
    assert_int_equal(directory_get_webhook(self->directory, "other", add_webhook, &list), DIRECTORY_NOT_FOUND);
}

static void what_breaks_a_rule_is_refused(void **state)
{
    struct fixture *self = *state;
    static char url[LIMIT_URL_BYTES + 2];
    memset(url, 'x', sizeof url - 1);
    struct webhook webhook = example("a b");
    assert_int_equal(put(self, &webhook), DIRECTORY_INVALID);
    webhook = example("a");
    webhook.url = "";
    assert_int_equal(put(self, &webhook), DIRECTORY_INVALID);
    webhook.url = url;
    assert_int_equal(put(self, &webhook), DIRECTORY_INVALID);
    webhook = example("a");
    webhook.events = 0;
    assert_int_equal(put(self, &webhook), DIRECTORY_INVALID);
    webhook.events = WEBHOOK_ALL + 1;
    assert_int_equal(put(self, &webhook), DIRECTORY_INVALID);
    webhook = example("a");
    webhook.delay_s = WEBHOOK_DELAY_MAX_S + 1;
    assert_int_equal(put(self, &webhook), DIRECTORY_INVALID);
    webhook = example("a");
    webhook.workspace = "none";
    assert_int_equal(put(self, &webhook), DIRECTORY_NOT_FOUND);
}

static void there_is_room_for_so_many(void **state)
{
    struct fixture *self = *state;
    char id[16];
    for (int i = 0; i < LIMIT_WEBHOOKS; i++) {
        snprintf(id, sizeof id, "h%d", i);
        struct webhook webhook = example(id);
        assert_int_equal(put(self, &webhook), DIRECTORY_CREATED);
    }
    struct webhook webhook = example("more");
    assert_int_equal(put(self, &webhook), DIRECTORY_LIMIT);
    webhook.id = "h1";
    assert_int_equal(put(self, &webhook), DIRECTORY_OK);
    assert_int_equal(directory_delete_webhook(self->directory, "h2"), DIRECTORY_OK);
    webhook.id = "more";
    assert_int_equal(put(self, &webhook), DIRECTORY_CREATED);
}

static void webhooks_are_listed_in_order_from_any_of_them_on(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    for (const char *id = "c\0a\0b\0"; *id; id += 2) {
        struct webhook webhook = example(id);
        webhook.url = "u";
        put(self, &webhook);
    }
    directory_each_webhook(self->directory, NULL, 2, add_webhook, &list);
    list_add(&list, " / ");
    directory_each_webhook(self->directory, "b", 2, add_webhook, &list);
    assert_string_equal(list.text, "a u - 31 3 whsec_first/-;b u - 31 3 whsec_first/-; / c u - 31 3 whsec_first/-;");
}

static void a_rotated_secret_still_signs_for_a_day(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    struct webhook webhook = example("crm");
    put(self, &webhook);
    int64_t before_ms = clock_wall_ms();
    int64_t times[2];
    assert_int_equal(directory_rotate_webhook(self->directory, "none", "x"), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_rotate_webhook(self->directory, "crm", "whsec_second"), DIRECTORY_OK);
    put(self, &webhook);
    directory_get_webhook(self->directory, "crm", add_webhook, &list);
    directory_get_webhook(self->directory, "crm", note_times, times);
    assert_non_null(strstr(list.text, " whsec_second/whsec_first;"));
    assert_in_range(times[1], before_ms + 86400000, clock_wall_ms() + 86400000);
    assert_in_range(times[0], before_ms - 60000, before_ms);
}

static void a_rotation_that_comes_twice_does_not_end_the_secret_before_it(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    struct webhook webhook = example("crm");
    put(self, &webhook);
    directory_rotate_webhook(self->directory, "crm", "whsec_second");
    directory_rotate_webhook(self->directory, "crm", "whsec_third");
    directory_get_webhook(self->directory, "crm", add_webhook, &list);
    assert_non_null(strstr(list.text, " whsec_third/whsec_first;"));
    elsewhere(self, "UPDATE webhook SET old_secret_until_ms = old_secret_until_ms - 61000");
    directory_rotate_webhook(self->directory, "crm", "whsec_fourth");
    directory_get_webhook(self->directory, "crm", add_webhook, &list);
    assert_non_null(strstr(list.text, " whsec_fourth/whsec_third;"));
}

static void only_the_url_that_wants_no_more_is_stopped(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    struct webhook webhook = example("crm");
    put(self, &webhook);
    assert_int_equal(directory_stop_webhook(self->directory, "crm", "https://old.example.org/"), DIRECTORY_NOT_FOUND);
    directory_get_webhook(self->directory, "crm", add_webhook, &list);
    assert_null(strstr(list.text, " off"));
    assert_int_equal(directory_stop_webhook(self->directory, "crm", webhook.url), DIRECTORY_OK);
    directory_get_webhook(self->directory, "crm", add_webhook, &list);
    assert_non_null(strstr(list.text, " off"));
}

static void a_workspace_takes_its_webhooks_with_it(void **state)
{
    struct fixture *self = *state;
    struct webhook own = example("own");
    struct webhook all = example("all");
    own.workspace = "acme";
    put(self, &own);
    put(self, &all);
    directory_delete_workspace(self->directory, "acme");
    assert_int_equal(number_of(self, "SELECT count(*) FROM webhook WHERE id = 'all'"), 1);
    assert_int_equal(number_of(self, "SELECT count(*) FROM webhook"), 1);
    assert_int_equal(directory_delete_webhook(self->directory, "all"), DIRECTORY_OK);
    assert_int_equal(directory_delete_webhook(self->directory, "all"), DIRECTORY_NOT_FOUND);
}

static bool has_changed(struct fixture *self, struct webhooks_seen *seen)
{
    bool changed = false;
    assert_int_equal(directory_webhooks_changed(self->directory, seen, &changed), DIRECTORY_OK);
    return changed;
}

static void a_reader_learns_of_changes_by_itself_and_by_others(void **state)
{
    struct fixture *self = *state;
    struct webhooks_seen seen = {0};
    struct webhook webhook = example("crm");
    assert_true(has_changed(self, &seen));
    assert_false(has_changed(self, &seen));
    put(self, &webhook);
    assert_true(has_changed(self, &seen));
    assert_false(has_changed(self, &seen));
    elsewhere(self, "UPDATE webhook SET active = 0");
    assert_true(has_changed(self, &seen));
    assert_false(has_changed(self, &seen));
}

static void secrets_are_as_standard_webhooks_has_them(void **state)
{
    (void)state;
    char one[WEBHOOK_SECRET_BYTES], other[WEBHOOK_SECRET_BYTES];
    unsigned char bytes[WEBHOOK_SECRET_BYTES];
    size_t len;
    webhook_new_secret(one);
    webhook_new_secret(other);
    assert_string_not_equal(one, other);
    assert_memory_equal(one, "whsec_", 6);
    assert_true(base64_decode(one + 6, strlen(one + 6), bytes, &len));
    assert_in_range(len, 24, 64);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_webhook_is_read_as_it_was_put_and_keeps_its_secret),
        TEST(what_breaks_a_rule_is_refused),
        TEST(there_is_room_for_so_many),
        TEST(webhooks_are_listed_in_order_from_any_of_them_on),
        TEST(a_rotated_secret_still_signs_for_a_day),
        TEST(a_rotation_that_comes_twice_does_not_end_the_secret_before_it),
        TEST(only_the_url_that_wants_no_more_is_stopped),
        TEST(a_workspace_takes_its_webhooks_with_it),
        TEST(a_reader_learns_of_changes_by_itself_and_by_others),
        TEST(secrets_are_as_standard_webhooks_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
