/* SPDX-License-Identifier: ISC */
/* See redis_masters.h. */
#include "redis/redis_masters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool redis_master_set(struct redis_master *master, const char *host, const char *port)
{
    bool number = *port && strlen(port) <= 5 && strspn(port, "0123456789") == strlen(port);

    master->port = number ? atoi(port) : 0;
    master->host[0] = '\0';
    if (master->port < 1 || master->port > 65535 || strlen(host) >= sizeof master->host)
        return false;
    strcpy(master->host, host);
    return *host;
}

bool redis_master_switched(struct redis_master *master, const char *name, const char *text)
{
    size_t len = strlen(name);
    char copy[2 * REDIS_MASTER_HOST_MAX + 32];
    char *rest = copy;
    const char *word[4];

    if (strncmp(text, name, len) != 0 || text[len] != ' ')
        return false;
    snprintf(copy, sizeof copy, "%s", text + len + 1);
    for (size_t i = 0; i < 4; i++)
        word[i] = rest ? strsep(&rest, " ") : "";
    redis_master_set(master, word[2], word[3]);
    return true;
}

bool redis_master_is(const struct redis_master *a, const struct redis_master *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

static size_t votes(const struct redis_master *answers, size_t count, size_t for_one)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += redis_master_is(&answers[i], &answers[for_one]);
    return sum;
}

/* Whether answer I is one, and the first of all that name the same address. */
static bool is_first_of_its_kind(const struct redis_master *answers, size_t i)
{
    if (!answers[i].host[0])
        return false;
    for (size_t k = 0; k < i; k++)
        if (redis_master_is(&answers[k], &answers[i]))
            return false;
    return true;
}

/* Whether A comes before B. */
static bool comes_before(const struct redis_master *answers, size_t count, size_t first, size_t a, size_t b)
{
    bool a_first = first < count && redis_master_is(&answers[first], &answers[a]);
    bool b_first = first < count && redis_master_is(&answers[first], &answers[b]);
    size_t a_votes = votes(answers, count, a);
    size_t b_votes = votes(answers, count, b);

    if (a_first != b_first)
        return a_first;
    return a_votes != b_votes ? a_votes > b_votes : a < b;
}

/* How many addresses come before that of answer I. */
static size_t rank(const struct redis_master *answers, size_t count, size_t first, size_t i)
{
    size_t before = 0;

    for (size_t k = 0; k < count; k++)
        before += k != i && is_first_of_its_kind(answers, k) && comes_before(answers, count, first, k, i);
    return before;
}

size_t redis_masters_choose(const struct redis_master *answers, size_t count, size_t first, size_t turn)
{
    size_t addresses = 0;

    for (size_t i = 0; i < count; i++)
        addresses += is_first_of_its_kind(answers, i);
    if (addresses == 0)
        return count;
    for (size_t i = 0; i < count; i++)
        if (is_first_of_its_kind(answers, i) && rank(answers, count, first, i) == turn % addresses)
            return i;
    return count;
}

bool redis_masters_contradict(const struct redis_master *answers, size_t count, const struct redis_master *now)
{
    size_t all = 0;
    size_t most = 0;

    for (size_t i = 0; i < count; i++) {
        all += answers[i].host[0] != '\0';
        if (!answers[i].host[0] || redis_master_is(&answers[i], now))
            continue;
        size_t same = votes(answers, count, i);
        most = same > most ? same : most;
    }
    return most > all / 2;
}
