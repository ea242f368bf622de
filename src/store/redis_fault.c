/* SPDX-License-Identifier: ISC */
/*
 * What Redis's errors mean. Their code stands first where Redis answers a command, and somewhere inside where it quotes
 * what a command in a script met with; Redis 6 and 7 do that differently. So it is looked for as a word anywhere.
 */
#include "store/redis_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct fault_code {
    const char *code;
    enum redis_fault fault;
};

/* Those that end the connection first: an error may quote several. */
static const struct fault_code codes[] = {
    {"NOSCRIPT", FAULT_NOSCRIPT},  {"READONLY", FAULT_LOST},       {"MASTERDOWN", FAULT_LOST},
    {"LOADING", FAULT_LOST},       {"NOAUTH", FAULT_LOST},         {"WRONGPASS", FAULT_LOST},
    {"BUSY", FAULT_REFUSED},       {"OOM", FAULT_REFUSED},         {"NOPERM", FAULT_REFUSED},
    {"TRYAGAIN", FAULT_REFUSED},   {"CLUSTERDOWN", FAULT_REFUSED}, {"MISCONF", FAULT_REFUSED},
    {"NOREPLICAS", FAULT_REFUSED}, {"MOVED", FAULT_REFUSED},       {"ASK", FAULT_REFUSED},
};

/* Redis 7.0 says this of a command in a script, without a code. */
static const char denied_in_script[] = "The user executing the script";

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

enum redis_fault fault_of(const char *error)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (has_code(error, codes[i].code))
            return codes[i].fault;
    return strstr(error, denied_in_script) ? FAULT_REFUSED : FAULT_SCRIPT;
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
    if (!has_code(error, "NOPERM") && !strstr(error, denied_in_script) && !strstr(error, "ACL failure in script"))
        return false;
    /* "... to access a channel", "... publish to the channel mentioned", "... the 'x' channel"; likewise for keys. */
    if (strstr(error, "channel"))
        snprintf(name, size, "channel rights &rollcall:*");
    else if (strstr(error, " key"))
        snprintf(name, size, "key rights ~rollcall:*");
    else
        name_command(command, name, size);
    return true;
}
