/* SPDX-License-Identifier: ISC */
/*
 * What several sentinels say, whatever they are: each address that one of them names is tried in turn, and nothing else.
 * The input's first line is the name of the master. Each further line is a sentinel's message of a switch.
 */
#include "fuzz.h"
#include "redis/redis_masters.h"

enum { SENTINELS_MAX = 8 };

static void look_at_answer(const struct redis_master *answer, const char *line)
{
    insist(strlen(answer->host) < sizeof answer->host && !strchr(answer->host, ' '), "a host is one word");
    insist(!answer->host[0] || (answer->port > 0 && answer->port < 65536), "an address has a port");
    insist(!answer->host[0] || strstr(line, answer->host), "a host is one that was named");
}

/* Whether one of the first COUNT turns tries ANSWER. */
static bool is_tried(const struct redis_master *answers, size_t count, const struct redis_master *answer)
{
    for (size_t turn = 0; turn < count; turn++)
        if (redis_master_is(&answers[redis_masters_choose(answers, count, 0, turn)], answer))
            return true;
    return false;
}

static void look_at_turns(const struct redis_master *answers, size_t count)
{
    size_t known = 0;

    for (size_t i = 0; i < count; i++)
        known += answers[i].host[0] != '\0';
    for (size_t turn = 0; turn <= count; turn++) {
        size_t which = redis_masters_choose(answers, count, turn, turn);

        insist(known > 0 ? which < count && answers[which].host[0] : which == count, "what is tried was named");
    }
    for (size_t i = 0; i < count; i++)
        insist(!answers[i].host[0] || is_tried(answers, count, &answers[i]), "what is named is tried");
}

/* How many name the same one as answer I. */
static size_t votes(const struct redis_master *answers, size_t count, size_t i)
{
    size_t same = 0;

    for (size_t k = 0; k < count; k++)
        same += answers[k].host[0] && redis_master_is(&answers[k], &answers[i]);
    return same;
}

/* A master is contradicted if, and only if, another one has more than half of those who answer. */
static void look_at_agreement(const struct redis_master *answers, size_t count)
{
    size_t known = 0;

    for (size_t i = 0; i < count; i++)
        known += answers[i].host[0] != '\0';
    for (size_t i = 0; i < count; i++) {
        bool beaten = false;

        if (!answers[i].host[0])
            continue;
        for (size_t k = 0; k < count; k++)
            beaten |= answers[k].host[0] && !redis_master_is(&answers[k], &answers[i]) &&
                      votes(answers, count, k) > known / 2;
        insist(redis_masters_contradict(answers, count, &answers[i]) == beaten, "more than half contradict");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *rest = text;
    const char *name = fuzz_line(&rest);
    const char *line;
    struct redis_master answers[SENTINELS_MAX] = {0};
    size_t count = 0;

    while (count < SENTINELS_MAX && (line = fuzz_line(&rest)))
        if (redis_master_switched(&answers[count], name, line))
            look_at_answer(&answers[count++], line);
    look_at_turns(answers, count);
    look_at_agreement(answers, count);
    free(text);
    return 0;
}
