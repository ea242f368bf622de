/* SPDX-License-Identifier: ISC */
/*
 * What Redis's errors mean. Their code stands first where Redis answers a command, and somewhere inside where it quotes
 * what a command in a script met with; Redis 6, 7 and 8 do that differently, and Valkey as they did. So it is looked for as a
 * word anywhere.
 */
#include "redis/redis_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct fault_code {
    const char *code;
    enum redis_fault fault;
};

/* Those that end the connection first: an error may quote several. */
static const struct fault_code codes[] = {
    {"NOSCRIPT", FAULT_NOSCRIPT},   {"READONLY", FAULT_LOST},   {"MASTERDOWN", FAULT_LOST},
    {"LOADING", FAULT_LOST},        {"NOAUTH", FAULT_LOST},     {"WRONGPASS", FAULT_LOST},
    {"BUSY", FAULT_REFUSED},        {"OOM", FAULT_REFUSED},     {"TRYAGAIN", FAULT_REFUSED},
    {"CLUSTERDOWN", FAULT_REFUSED}, {"MISCONF", FAULT_REFUSED}, {"NOREPLICAS", FAULT_REFUSED},
    {"MOVED", FAULT_REFUSED},       {"ASK", FAULT_REFUSED},
};

/* What is said of a command in a script instead of the code: by Redis 7.0, and by later ones and Valkey. */
static const char *const denied_in_script[] = {"The user executing the script", "ACL failure in script"};

/* Whether CODE stands in TEXT: at its start, or behind '-' or a space; a space behind it. */
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

static bool is_denied(const char *error)
{
    for (size_t i = 0; i < sizeof denied_in_script / sizeof *denied_in_script; i++)
        if (strstr(error, denied_in_script[i]))
            return true;
    return has_code(error, "NOPERM");
}

enum redis_fault fault_of(const char *error)
{
    /* First, since it may name the user, who may have the name of a code. */
    if (is_denied(error))
        return FAULT_REFUSED;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (has_code(error, codes[i].code))
            return codes[i].fault;
    return FAULT_SCRIPT;
}

/* "+script|load" for "SCRIPT LOAD". */
static void name_command(const char *command, char *name, size_t size)
{
    size_t len = 0;

    snprintf(name, size, "+%s", command);
    for (len = 0; name[len]; len++)
        name[len] = name[len] == ' ' ? '|' : (char)tolower((unsigned char)name[len]);
}

bool fault_denied(const char *error, const char *command, char *name, size_t size)
{
    if (!is_denied(error))
        return false;
    /* "... to run the 'x' command", "... can't run this command ...": it may name the user, so this comes first. */
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
