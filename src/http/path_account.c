/* SPDX-License-Identifier: ISC */
/* See path_account.h. */
#include "http/path_account.h"

#include "base/mem.h"
#include "base/percent.h"

#include <stdlib.h>
#include <string.h>

/* How a web server may write what is below the mount. */
enum writing { DECODED, DECODED_BUT_SLASHES, AS_IT_CAME, WRITINGS };

static size_t write_below(enum writing writing, struct span below, char *out)
{
    if (writing == DECODED)
        return (size_t)percent_decode(below.at, below.len, false, out);
    if (writing == DECODED_BUT_SLASHES)
        return percent_decode_but_slashes(below.at, below.len, out);
    memcpy(out, below.at, below.len);
    return below.len;
}

/* The web server's account of the whole path, resolved, into OUT: empty if it gives none. */
static struct span account_of(const struct path_source *source, char *out)
{
    struct span script_name = span_of(source->script_name);
    struct span path_info = span_of(source->path_info);
    size_t len = script_name.len + path_info.len;

    memcpy(out, script_name.at, script_name.len);
    memcpy(out + script_name.len, path_info.at, path_info.len);
    return (struct span){out, span_resolve((struct span){out, len}, out)};
}

bool path_account_agrees(const struct path_source *source, struct span mount, struct span below)
{
    size_t before = source->mount ? 0 : mount.len;
    size_t given = span_of(source->script_name).len + span_of(source->path_info).len;
    char *text = mem_new(given + before + below.len + 1);
    struct span account = account_of(source, text);
    struct span wanted = {text + given, 0};
    bool agreed = given == 0;

    for (enum writing writing = DECODED; writing < WRITINGS && !agreed; writing++) {
        memcpy(text + given, mount.at, before);
        wanted.len = before + write_below(writing, below, text + given + before);
        wanted.len = span_resolve(wanted, text + given);
        agreed = span_ends_with(account, wanted) && (source->mount || account.len == wanted.len);
    }
    free(text);
    return agreed;
}
