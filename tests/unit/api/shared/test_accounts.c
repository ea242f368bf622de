/* SPDX-License-Identifier: ISC */
/* Accounts: one for each kind of cost and each caller, and none without a rate limit. */
#include "api/shared/accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { RATE = 20 };

/* How many charges of one unit COST takes from WHO at once. */
static unsigned take_all(struct accounts *accounts, enum cost cost, const char *who)
{
    const struct charge charge = {cost, who, 1};
    unsigned taken = 0;

    while (accounts_take(accounts, &charge, 0, NULL))
        taken++;
    return taken;
}

static void an_account_holds_two_seconds_worth(void **state)
{
    struct accounts *accounts = accounts_new(RATE);

    (void)state;
    assert_int_equal(take_all(accounts, COST_BEAT, "bob"), 2 * RATE);
    assert_int_equal(take_all(accounts, COST_WORK, "bob"), 2 * RATE * COSTS_WORK);
    accounts_free(accounts);
}

static void statuses_by_hand_and_claims_are_counted_by_the_minute(void **state)
{
    struct accounts *accounts = accounts_new(RATE);
    const struct charge change = {COST_OWN_STATUS, "bob", 1};
    unsigned after_s = 0;

    (void)state;
    assert_int_equal(take_all(accounts, COST_OWN_STATUS, "bob"), 10);
    assert_int_equal(take_all(accounts, COST_CLAIM, "bob"), 60);
    assert_false(accounts_take(accounts, &change, 0, &after_s));
    assert_int_equal(after_s, 6);
    accounts_free(accounts);
}

static void each_kind_of_cost_has_its_own_account(void **state)
{
    struct accounts *accounts = accounts_new(RATE);

    (void)state;
    take_all(accounts, COST_BEAT, "bob");
    assert_int_equal(take_all(accounts, COST_PLACE, "bob"), 8);
    assert_int_equal(take_all(accounts, COST_LEAVE, "bob"), 2 * RATE);
    assert_int_equal(take_all(accounts, COST_SEAT, "bob"), 2 * RATE);
    accounts_free(accounts);
}

static void an_amount_of_nothing_only_asks(void **state)
{
    struct accounts *accounts = accounts_new(RATE);
    const struct charge nothing = {COST_BEAT, "bob", 0};

    (void)state;
    for (int i = 0; i < 10 * RATE; i++)
        assert_true(accounts_take(accounts, &nothing, 0, NULL));
    take_all(accounts, COST_BEAT, "bob");
    assert_false(accounts_take(accounts, &nothing, 0, NULL));
    accounts_free(accounts);
}

static void what_is_charged_afterwards_may_become_a_debt(void **state)
{
    struct accounts *accounts = accounts_new(RATE);
    const struct charge five_seconds = {COST_BEAT, "bob", 5 * RATE};
    const struct charge nothing = {COST_BEAT, "bob", 0};
    unsigned after_s = 0;

    (void)state;
    accounts_charge(accounts, &five_seconds, 0);
    assert_false(accounts_take(accounts, &nothing, 0, &after_s));
    assert_int_equal(after_s, 4);
    assert_false(accounts_take(accounts, &nothing, 3000, NULL));
    assert_true(accounts_take(accounts, &nothing, 4000, NULL));
    accounts_free(accounts);
}

static void administrators_requests_cost_nothing(void **state)
{
    struct accounts *accounts = accounts_new(RATE);
    const struct charge charge = {COST_NONE, "ann", 1000000};

    (void)state;
    assert_true(accounts_take(accounts, &charge, 0, NULL));
    assert_true(accounts_take(accounts, &charge, 0, NULL));
    accounts_free(accounts);
}

static void without_a_rate_limit_there_are_no_accounts(void **state)
{
    const struct charge charge = {COST_BEAT, "bob", 1000000};

    (void)state;
    assert_null(accounts_new(0));
    accounts_charge(NULL, &charge, 0);
    assert_true(accounts_take(NULL, &charge, 0, NULL));
    accounts_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_holds_two_seconds_worth),
        cmocka_unit_test(statuses_by_hand_and_claims_are_counted_by_the_minute),
        cmocka_unit_test(each_kind_of_cost_has_its_own_account),
        cmocka_unit_test(an_amount_of_nothing_only_asks),
        cmocka_unit_test(what_is_charged_afterwards_may_become_a_debt),
        cmocka_unit_test(administrators_requests_cost_nothing),
        cmocka_unit_test(without_a_rate_limit_there_are_no_accounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
