/* SPDX-License-Identifier: ISC */
/*
 * Any page and any configured origin: a page may change something only if its browser says that it is of the site, if
 * it says the very origin that is allowed, or if it names the host that it sends to. The input is a line for each of
 * cors_origins (one), Origin, Sec-Fetch-Site, Host, and one that is not empty for https; a line "-" is not set.
 */
#include "auth/origin.h"
#include "base/address.h"
#include "fuzz.h"

#include <ctype.h>
#include <strings.h>

enum { LINES = 5 };

static bool is(const char *text, const char *wanted)
{
    return text && strcmp(text, wanted) == 0;
}

/* HOST without what the scheme adds of itself. */
static size_t bare_len(const char *host, bool https)
{
    const char *ending = https ? ":443" : ":80";
    size_t len = strlen(host);
    size_t ending_len = strlen(ending);

    return len > ending_len && strcmp(host + len - ending_len, ending) == 0 ? len - ending_len : len;
}

/* Whether the page is of the host that it sends to, as far as Origin and Host say. */
static bool names_host(const struct origin_input *input)
{
    const char *scheme = input->https ? "https://" : "http://";
    const char *theirs = input->origin + strlen(scheme);
    size_t len;

    if (strncmp(input->origin, scheme, strlen(scheme)) != 0 || !input->host)
        return false;
    len = bare_len(theirs, input->https);
    return len > 0 && len == bare_len(input->host, input->https) && strncasecmp(theirs, input->host, len) == 0;
}

/* What browsers send for an origin: the text that is kept, which is read again as itself. */
static void look_at_origin(const char *origin)
{
    const char *why = NULL;
    char *again = address_origin(origin, &why);

    insist(again && strcmp(again, origin) == 0, "an origin is read again as itself");
    insist(!strpbrk(strstr(origin, "://") + 3, "/?#@*, \\") && strcmp(origin, "null") != 0, "it is one origin");
    for (const char *c = origin; *c; c++)
        insist(isgraph((unsigned char)*c) && !isupper((unsigned char)*c), "it is as browsers write it");
    free(again);
}

static void look(const struct conf *conf, const struct origin_input *input)
{
    size_t index = SIZE_MAX;
    bool vouched = is(input->sec_fetch_site, "same-origin") || is(input->sec_fetch_site, "none");
    bool silent = !input->sec_fetch_site || !*input->sec_fetch_site;
    bool nameless = !input->origin || !*input->origin;

    switch (origin_check(conf, input, &index)) {
    case ORIGIN_SAME:
        insist(vouched || (silent && (nameless || names_host(input))), "only a page of the site is of the site");
        break;
    case ORIGIN_ALLOWED:
        insist(index < conf->cors_origin_count && is(input->origin, conf->cors_origins[index]), "it is on the list");
        insist(!is(input->origin, "null"), "null is nobody");
        break;
    case ORIGIN_FOREIGN:
        insist(!vouched, "the browser vouches for its own pages");
        insist(conf->cors_origin_count == 0 || !is(input->origin, conf->cors_origins[0]), "what is allowed may");
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *rest = text;
    const char *line[LINES];
    const char *why = NULL;
    char *origin;

    for (size_t i = 0; i < LINES; i++) {
        line[i] = fuzz_line(&rest);
        if (is(line[i], "-"))
            line[i] = NULL;
    }
    origin = line[0] ? address_origin(line[0], &why) : NULL;
    insist(!line[0] || origin || (why && *why), "what is refused is refused with a sentence");
    if (origin)
        look_at_origin(origin);
    look(&(struct conf){.cors_origins = &origin, .cors_origin_count = origin ? 1 : 0},
         &(struct origin_input){line[1], line[2], line[3], line[4] && *line[4]});
    free(origin);
    free(text);
    return 0;
}
