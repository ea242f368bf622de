/* SPDX-License-Identifier: ISC */
/* The table of options. What single values may hold is in conf_value.c. See conf_options.h. */
#include "base/conf_options.h"

#include "base/conf_value.h"

#include <string.h>

/* The offset of MEMBER in struct conf. Does not compile if it is not of TYPE. */
#define AT(type, member) (offsetof(struct conf, member) + 0 * sizeof((type *)0 == &((struct conf *)0)->member))

/* clang-format off */
#define NUMBER(in, option, from, to, preset, of, member, text)                                                         \
    {.section = in, .name = option, .type = CONF_NUMBER, .min = from, .max = to, .initial = preset, .unit = of,        \
     .offset = AT(unsigned, member), .sentence = text}
#define OCTAL(in, option, from, to, preset, member, text)                                                              \
    {.section = in, .name = option, .type = CONF_OCTAL, .min = from, .max = to, .initial = preset, .unit = "",         \
     .offset = AT(unsigned, member), .sentence = text}
#define SWITCH(in, option, preset, member, text)                                                                       \
    {.section = in, .name = option, .type = CONF_SWITCH, .initial = preset, .offset = AT(bool, member),                \
     .sentence = text}
#define TEXT(in, option, preset, check_it, member, text)                                                               \
    {.section = in, .name = option, .type = CONF_TEXT, .initial = preset, .check = check_it,                           \
     .offset = AT(char *, member), .sentence = text}
#define TAKEN(in, option, preset, check_it, take_it, text)                                                             \
    {.section = in, .name = option, .type = CONF_TEXT, .initial = preset, .check = check_it, .take = take_it,          \
     .sentence = text}
#define LIST(in, option, preset, check_it, take_it, once, text)                                                        \
    {.section = in, .name = option, .type = CONF_LIST, .initial = preset, .check = check_it, .take = take_it,          \
     .distinct = once, .sentence = text}

/* Section, name, range, default, unit, what checks and takes a text, member of struct conf, sentence. */
const struct conf_option conf_options[] = {
    /* Serving. */
    TEXT(NULL, "listen", "/run/rollcall/rollcall.sock", conf_check_listen, listen,
         "Where web servers find rollcalld: the absolute path of a Unix socket, or an address and port."),
    OCTAL(NULL, "listen_mode", 0, 0777, "0660", listen_mode, "Permissions of the Unix socket, in octal."),
    NUMBER(NULL, "backlog", 1, 65535, "4096", "", backlog, "Connections that may wait to be accepted."),
    NUMBER(NULL, "workers", 0, CONF_WORKERS_MAX, "0", "", workers, "Worker processes; 0 starts one for each core."),
    TEXT(NULL, "database", "/var/lib/rollcall/rollcall.db", conf_check_path, database,
         "The SQLite file, created if it does not exist."),
    TEXT(NULL, "record", "", conf_check_record, record,
         "The PostgreSQL database that holds what database is then a copy of; if empty, database holds it."),
    TAKEN(NULL, "redis", "redis://127.0.0.1:6379", conf_check_redis, conf_take_redis,
          "The address of the Redis server."),
    TAKEN(NULL, "log_level", "info", conf_check_log_level, conf_take_log_level,
          "What is logged: error, warn, info or debug, each with those before it."),

    /* Presence. */
    NUMBER(NULL, "ttl", 2, 86400, "60", "seconds", ttl_s, "How long a heartbeat keeps a session alive."),
    NUMBER(NULL, "heartbeat", 1, 86400, "30", "seconds", heartbeat_s,
           "How often clients are told to send a heartbeat; less than ttl."),
    NUMBER(NULL, "wait", 1, 300, "25", "seconds", wait_s, "How long a poll of the stream waits for a change."),
    NUMBER(NULL, "gap", 1, 3600, "10", "seconds", gap_s, "How much time a client has between two polls."),
    NUMBER(NULL, "leave_grace", 0, 3600, "5", "seconds", leave_grace_s,
           "How long a session lives on after its page said that it closes."),
    NUMBER(NULL, "closed_grace", 0, 3600, "8", "seconds", closed_grace_s,
           "How long a session lives on after its connection was lost while a poll or stream was open."),
    NUMBER(NULL, "probe", 0, 300, "0", "seconds", probe_s,
           "How often a space is sent to each client that waits; 0 is never."),
    NUMBER(NULL, "retention", 1, 315360000, "604800", "seconds", retention_s,
           "How long it is remembered that somebody is offline."),

    /* Authentication. */
    LIST(NULL, "auth", "{\"token\"}", conf_check_auth, conf_take_auth, true,
         "How callers identify themselves: the first of these methods that a request uses counts."),
    TEXT("jwt", "algorithm", "HS256", conf_check_algorithm, jwt.algorithm,
         "The only signature algorithm that is accepted."),
    TEXT("jwt", "key_file", "/etc/rollcall/jwt.key", conf_check_path, jwt.key_file,
         "The file with the secret, or with the public key in PEM."),
    TEXT("jwt", "audience", "", NULL, jwt.audience, "What aud must name; if empty, aud is not checked."),
    SWITCH("jwt", "provision", "false", jwt.provision,
           "Whether a valid JWT admits its user to the workspaces that it names."),
    LIST(NULL, "cors_origins", "{}", conf_check_origin, conf_take_origin, false,
         "Origins of other sites whose pages may send requests."),
    NUMBER(NULL, "rate_limit", 0, 1000000, "20", "", rate_limit,
           "Joins, heartbeats and opened conversations a second for each user; 0 is no limit."),
    SWITCH(NULL, "hooks_allow_link_local", "false", hooks_allow_link_local,
           "Whether webhooks may be delivered to link-local addresses and cloud metadata services."),
    {.name = NULL},
};
/* clang-format on */

_Static_assert(sizeof conf_options / sizeof *conf_options <= CONF_OPTIONS_MAX, "more options than CONF_OPTIONS_MAX");

static bool is_in(const struct conf_option *option, const char *section)
{
    if (!option->section || !section)
        return option->section == section;
    return strcmp(option->section, section) == 0;
}

const struct conf_option *conf_option_find(const char *section, const char *name)
{
    for (const struct conf_option *option = conf_options; option->name; option++)
        if (is_in(option, section) && strcmp(option->name, name) == 0)
            return option;
    return NULL;
}
