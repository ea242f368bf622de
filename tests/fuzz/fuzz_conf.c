/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a configuration file: either every value is in its range and fits the others, or one sentence names the
 * file, and a line of it, and what is wrong, without a password.
 */
#include "base/conf.h"
#include "base/conf_options.h"
#include "fuzz.h"

#include <ctype.h>
#include <sys/mman.h>
#include <unistd.h>

/* No other text holds it. */
#define SECRET "Geheim17"

enum { ADDRESS_MAX = 200 };

/* The file that inputs are written to, which is only in memory; its path. */
static const char *file_of(const uint8_t *data, size_t size)
{
    static char path[40];
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("rollcall.conf", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    insist(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size, "the input is written");
    return path;
}

static void look_at_error(const char *path, const char *error, const uint8_t *data, size_t size)
{
    size_t len = strlen(path);
    unsigned long lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    insist(strncmp(error, path, len) == 0 && error[len] == ':', "the sentence names the file");
    if (isdigit((unsigned char)error[len + 1]))
        insist(strtoul(error + len + 1, NULL, 10) <= lines, "the line is one of the file");
    insist(strlen(error) > len + 4 && !strchr(error, '\n'), "it is a sentence of one line");
}

static void look_at_numbers(const struct conf *conf)
{
    for (const struct conf_option *option = conf_options; option->name; option++) {
        const char *at = (const char *)conf + option->offset;
        bool number = option->type == CONF_NUMBER || option->type == CONF_OCTAL;

        if (number && strcmp(option->name, "workers") != 0)
            insist(*(const unsigned *)(const void *)at >= option->min &&
                       *(const unsigned *)(const void *)at <= option->max,
                   "a number is in its range");
        if (option->type == CONF_TEXT && !option->take) {
            const char *text = *(char *const *)(const void *)at;

            insist(text && (!option->check || !option->check(text)), "a text is one that the option may have");
        }
    }
}

static void look_at_conf(const struct conf *conf)
{
    look_at_numbers(conf);
    insist(conf->workers > 0 && conf->workers <= CONF_WORKERS_MAX, "there are workers");
    insist(conf->heartbeat_s < conf->ttl_s, "a heartbeat keeps a session alive");
    insist(conf->auth_count > 0 && conf->auth_count <= CONF_AUTH_KINDS, "there is a way to identify callers");
    for (size_t i = 0; i < conf->auth_count; i++)
        for (size_t k = 0; k < i; k++)
            insist(conf->auth[i] != conf->auth[k], "each way is there once");
    for (size_t i = 0; i < conf->cors_origin_count; i++)
        insist(strstr(conf->cors_origins[i], "://") && strcmp(conf->cors_origins[i], "null") != 0, "origins are such");
}

static void insist_secret(const char *text, size_t len)
{
    char error[1024];
    struct conf *conf = conf_load(file_of((const uint8_t *)text, len), error, sizeof error);

    insist(conf || !strstr(error, SECRET), "no password is told");
    conf_free(conf);
}

/* That no password is told, whatever comes before its line, and whatever is wrong with the address that it is in. */
static void look_at_secret(const uint8_t *data, size_t size)
{
    static const char start[] = "\nredis = \"redis://me:" SECRET "@";
    char *before = fuzz_text(data, size);
    size_t room = size + sizeof start + ADDRESS_MAX;
    char *text = malloc(room);

    if (!text)
        abort();
    insist_secret(text, (size_t)snprintf(text, room, "%s%sh\"\n", before, start));
    before[strcspn(before, "\"\\\n")] = '\0';
    insist_secret(text, (size_t)snprintf(text, room, "%s%.*s\"\n", start, ADDRESS_MAX / 2, before));
    free(text);
    free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = file_of(data, size);
    char error[1024];
    struct conf *conf = conf_load(path, error, sizeof error);

    if (conf)
        look_at_conf(conf);
    else
        look_at_error(path, error, data, size);
    insist(!conf == (error[0] != '\0'), "it is one or the other");
    conf_free(conf);
    if (!memmem(data, size, SECRET, strlen(SECRET)))
        look_at_secret(data, size);
    return 0;
}
