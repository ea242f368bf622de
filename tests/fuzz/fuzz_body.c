/* SPDX-License-Identifier: ISC */
/*
 * Any body for any resource, from a caller who may: what is taken is a JSON object, and what is refused changes nothing
 * (world.h). The input is a line of method and target, then the body. Redis answers as usual.
 */
#include "api/routes.h"
#include "world.h"

enum { TARGET_MAX = 400 };

/* Whether the resource of TARGET reads a body of one object: HEAD is GET, even where a POST does. */
static bool reads_object(const char *method, const char *target)
{
    const struct path_source source = {.request_uri = target, .mount = ""};
    const struct route_row *row = NULL;
    enum method verb = strcmp(method, "PUT") == 0 ? METHOD_PUT : strcmp(method, "POST") == 0 ? METHOD_POST : METHOD_GET;
    unsigned allowed;
    enum route route;
    struct path path;

    if (path_init(&path, &source) == PATH_OK)
        row = routes_find(&path, verb, &allowed, &route);
    path_fini(&path);
    return row && *row->body && row->body_bytes < LIMIT_BODY_BYTES;
}

/* Whether LEN bytes of BODY are a JSON object, or nothing. */
static bool is_object(const char *body, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";
    json_t *json;
    bool object;

    if (len >= 3 && memcmp(body, mark, 3) == 0) {
        body += 3;
        len -= 3;
    }
    json = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
    object = json_is_object(json);
    json_decref(json);
    while (len > 0 && strchr(" \t\r\n", body[len - 1]) && body[len - 1])
        len--;
    return object || len == 0;
}

static void ask(char *line, const char *body, size_t len)
{
    char *target = strchr(line, ' ');
    const struct world_client *client;

    if (!target || strlen(line) > TARGET_MAX)
        return;
    *target++ = '\0';
    world_begin();
    client = world_ask(line, target, body, len);
    played_behave();
    if (!client->waits && client->answer.status < 300 && reads_object(line, target))
        insist(is_object(body, len), "what is taken is a JSON object");
    world_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *end = memchr(text, '\n', size);

    if (end) {
        *end++ = '\0';
        ask(text, end, size - (size_t)(end - text));
    }
    free(text);
    return 0;
}
