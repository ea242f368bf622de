/* SPDX-License-Identifier: ISC */
/* See pg.h. What can be said of a URL without a connection. */
#include "record/pg.h"

#include "record/pg_options.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 40, NUMBER_DIGITS = 9 };

/* Whether VALUE of the option KEYWORD may be a part of a password that was not percent-encoded. */
static bool is_misread(const char *keyword, const char *value)
{
    if (strcmp(keyword, "port") == 0)
        return value[strspn(value, "0123456789,")] != '\0';
    const char *at = strcmp(keyword, "host") == 0 ? strchr(value, '@') : NULL;
    return at && at > value && at[-1] != ','; /* a socket's name may begin with it */
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Whether OPTION has a number if it needs one. libpq would notice only when it connects, or use 0 instead. */
static bool number_ok(const PQconninfoOption *option, char *error, size_t size)
{
    static const char *const names[] = {"connect_timeout",     "keepalives",       "keepalives_idle",
                                        "keepalives_interval", "keepalives_count", "tcp_user_timeout"};
    const char *digits = option->val + (*option->val == '-');
    bool ok = !is_among(option->keyword, names, sizeof names / sizeof *names) ||
              (*digits && strlen(digits) <= NUMBER_DIGITS && digits[strspn(digits, "0123456789")] == '\0');
    if (!ok)
        snprintf(error, size, "its %s= is not a number: write %s=5, for instance", option->keyword, option->keyword);
    return ok;
}

/* Whether the file that OPTION names, if it names one, can be read. */
static bool file_ok(const PQconninfoOption *option, char *error, size_t size)
{
    static const char *const names[] = {"sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"};
    if (!is_among(option->keyword, names, sizeof names / sizeof *names) || *option->val != '/' ||
        access(option->val, R_OK) == 0)
        return true;
    snprintf(error, size, "%s= names a file that this user cannot read: %s", option->keyword, strerror(errno));
    return false;
}

/*
 * Whether libpq takes all values. It is asked to connect to a socket that does not exist: that fails at once, and
 * before that, values are looked at. Its message may repeat a value, so only the name of the option is taken from it.
 */
static bool values_ok(const PQconninfoOption *url, char *error, size_t size)
{
    struct pg_options options = {.count = 0};
    char option[40];
    pg_options_add_url(&options, url);
    pg_options_add(&options, "host", "/nonexistent");
    PGconn *conn = pg_options_start(&options);
    bool bad =
        sscanf(PQerrorMessage(conn), "invalid %39s value", option) == 1 && strstr(PQerrorMessage(conn), " value: ");
    PQfinish(conn);
    if (bad)
        snprintf(error, size, "its %s= is not one of the values that PostgreSQL's library knows", option);
    return !bad;
}

static bool options_ok(const PQconninfoOption *options, char *error, size_t size)
{
    for (const PQconninfoOption *one = options; one->keyword; one++)
        if (one->val && (!file_ok(one, error, size) || !number_ok(one, error, size)))
            return false;
    return true;
}

static bool is_known(const char *name)
{
    PQconninfoOption *options = PQconndefaults();
    bool known = strcmp(name, "ssl") == 0;
    for (const PQconninfoOption *one = options; one && one->keyword && !known; one++)
        known = strcmp(name, one->keyword) == 0;
    PQconninfoFree(options);
    return known;
}

/* Whether the parameter that begins at TEXT has an OUT, its name: letters, and a value behind it. */
static bool read_name(const char *text, char out[NAME_MAX_BYTES])
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
    if (len == 0 || len >= NAME_MAX_BYTES || text[len] != '=')
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

/*
 * Finds the first parameter of URL that libpq does not know. What may be a part of a password is not taken for one:
 * that is what comes before an @, or after a password among the parameters.
 */
static bool find_unknown(const char *url, char name[NAME_MAX_BYTES])
{
    const char *at = strrchr(url, '@');
    for (const char *next = strchr(at ? at : url, '?'); next; next = strchr(next, '&')) {
        if (!read_name(++next, name) || strstr(name, "password"))
            return false;
        if (!is_known(name))
            return true;
    }
    return false;
}

/* What libpq says of a URL, or later of its host and port, repeats them. So it is not asked why. */
bool pg_url_ok(const char *url, char *error, size_t size)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool readable = options;
    for (const PQconninfoOption *one = options; readable && one->keyword; one++)
        readable = !one->val || !is_misread(one->keyword, one->val);
    char name[NAME_MAX_BYTES];
    if (!options && find_unknown(url, name))
        snprintf(error, size, "PostgreSQL's library does not know its parameter %s=: correct or remove it", name);
    else if (!readable)
        snprintf(
            error, size,
            "it cannot be read: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and in user and password %%25 "
            "for %%, %%2F for /, %%40 for @");
    bool ok = readable && options_ok(options, error, size) && values_ok(options, error, size);
    PQconninfoFree(options);
    return ok;
}
