/* SPDX-License-Identifier: ISC */
/*
 * See redis_fault.h. An error begins with its code if a command itself failed. If a command in a script failed, the
 * code is somewhere inside; Redis 6, 7 and 8 each do that differently, and Valkey likewise. So it is looked for as a
 * word anywhere.
 */
#include "redis/redis_fault.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct fault_code {
    const char *code;
    enum redis_fault fault;
};

/* Those that end the connection come first, since an error may quote several codes. */
static const struct fault_code codes[] = {
    {"NOSCRIPT", FAULT_NOSCRIPT}, {"READONLY", FAULT_LOST},   {"MASTERDOWN", FAULT_LOST},
    {"LOADING", FAULT_LOST},      {"NOAUTH", FAULT_LOST},     {"WRONGPASS", FAULT_LOST},
    {"BUSY", FAULT_REFUSED},      {"OOM", FAULT_REFUSED},     {"TRYAGAIN", FAULT_MOVING},
    {"CLUSTERDOWN", FAULT_DOWN},  {"MISCONF", FAULT_REFUSED}, {"NOREPLICAS", FAULT_REFUSED},
    {"MOVED", FAULT_MOVED},       {"ASK", FAULT_MOVING},
};

/* What Redis 7.0, and later ones and Valkey, write instead of NOPERM about a command in a script. */
static const char *const denied_in_script[] = {"The user executing the script", "ACL failure in script"};

/* What Redis says to a script of a key that it does not have, or of any key while the cluster is down. */
static const char elsewhere_in_script[] = "access a non local key";
static const char down_in_script[] = "while the cluster is down";

/* Whether TEXT has CODE as a word: at the start or after '-' or a space, and followed by a space or the end. */
static bool has_code(const char *text, const char *code)
{
    size_t len = strlen(code);

    for (const char *at = strstr(text, code); at; at = strstr(at + 1, code)) {
        bool starts = at == text || at[-1] == '-' || at[-1] == ' ';
        if (starts && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

bool redis_fault_denied_in_script(const char *error)
{
    for (size_t i = 0; i < sizeof denied_in_script / sizeof *denied_in_script; i++)
        if (strstr(error, denied_in_script[i]))
            return true;
    return false;
}

static bool is_denied(const char *error)
{
    return redis_fault_denied_in_script(error) || has_code(error, "NOPERM");
}

enum redis_fault redis_fault_of(const char *error)
{
    /* First, since the error may name the user, whose name may look like a code. */
    if (is_denied(error))
        return FAULT_REFUSED;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (has_code(error, codes[i].code))
            return codes[i].fault;
    if (strstr(error, elsewhere_in_script))
        return FAULT_MOVING;
    if (strstr(error, down_in_script))
        return FAULT_DOWN;
    return FAULT_SCRIPT;
}

bool redis_fault_is_unknown(const char *error)
{
    /* "unknown command 'ZADD'", "Unknown Redis command called from script". */
    const char *unknown = strstr(error, "nknown ");

    return unknown && strstr(unknown, "command");
}

/* "+script|load" for "SCRIPT LOAD". */
static void name_command(const char *command, char *name, size_t size)
{
    snprintf(name, size, "+%s", command);
    for (size_t len = 0; name[len]; len++)
        name[len] = name[len] == ' ' ? '|' : (char)tolower((unsigned char)name[len]);
}

bool redis_fault_denied(const char *error, const char *command, char *name, size_t size)
{
    if (!is_denied(error))
        return false;
    /* "... to run the 'x' command", "... can't run this command ...". First, since the error may name the user. */
    bool is_command = strstr(error, "to run the") || strstr(error, "can't run");
    /* "... to access a channel", "... publish to the channel mentioned", "... the 'x' channel"; likewise for keys. */
    if (!is_command && strstr(error, "channel"))
        snprintf(name, size, "channel rights &rollcall:*");
    else if (!is_command && strstr(error, " key"))
        snprintf(name, size, "key rights ~rollcall:*");
    else
        name_command(command, name, size);
    return true;
}
