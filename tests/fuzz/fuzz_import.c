/* SPDX-License-Identifier: ISC */
/* Any bytes as an import of members: all of them are members afterwards, as the answer counts them, or none is. */
#include "world.h"

static void count_members(void *ctx, const struct workspace_row *row)
{
    *(int64_t *)ctx = row->members;
}

static int64_t members(void)
{
    int64_t count = 0;

    insist(directory_each_workspace(database.directory, "", 1, count_members, &count) == DIRECTORY_OK,
           "they are counted");
    return count;
}

static json_int_t number(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

static json_int_t lines_of(const uint8_t *data, size_t size)
{
    json_int_t lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct world_client *client;
    int64_t before;

    world_begin();
    before = members();
    client = world_ask("POST", "/v1/admin/workspaces/acme/members", (const char *)data, size);
    played_behave();
    insist(!client->waits, "an import is answered");
    json_t *answer = json_loads(world.answered_body, 0, NULL);
    if (client->answer.status == 200) {
        insist(members() == before + number(answer, "added"), "as many are new as are counted");
        insist(number(answer, "added") + number(answer, "changed") <= number(answer, "total"),
               "each line is one member");
        insist(number(answer, "total") <= lines_of(data, size), "no line is made up");
    } else {
        insist(members() == before && !client->wrote, "nothing of it was imported");
        insist(number(answer, "line") <= lines_of(data, size), "the line that is named is one of it");
    }
    json_decref(answer);
    world_end();
    return 0;
}
