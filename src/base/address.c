/* SPDX-License-Identifier: ISC */
/* See address.h. Messages never repeat text that may hold a password. */
#include "base/address.h"

#include "base/conf.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* LEN digits of TEXT as a number of at most MAX; -1 if they are not. */
static int parse_number(const char *text, size_t len, int max)
{
    if (len == 0 || len > 6 || strspn(text, "0123456789") < len)
        return -1;
    int number = atoi(text);
    return number <= max ? number : -1;
}

/* Where the host in TEXT ends: after its ']', or at its only ':'. NULL if brackets or colons are wrong. */
static const char *host_end(const char *text)
{
    if (*text == '[') {
        const char *close = strchr(text, ']');
        return close && (close[1] == '\0' || close[1] == ':') ? close + 1 : NULL;
    }
    const char *colon = strchr(text, ':');
    if (!colon)
        return text + strlen(text);
    return strchr(colon + 1, ':') ? NULL : colon;
}

bool address_split(const char *text, int fallback_port, char **host, int *port, const char **why)
{
    const char *end = host_end(text);
    if (!end) {
        *why = "put an IPv6 address in brackets, as in \"[::1]:9000\"";
        return false;
    }
    *port = fallback_port;
    if (*end == ':')
        *port = parse_number(end + 1, strlen(end + 1), 65535);
    if (*port <= 0) {
        *why = "the port must be a number from 1 to 65535, as in \"127.0.0.1:9000\"";
        return false;
    }
    bool bracketed = *text == '[';
    const char *start = bracketed ? text + 1 : text;
    size_t len = (size_t)(end - start) - (bracketed ? 1 : 0);
    if (len == 0) {
        *why = "the host is missing before the port, as in \"127.0.0.1:9000\"";
        return false;
    }
    *host = mem_copy(start, len);
    return true;
}

bool address_is_ip(const char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
}

/* LEN bytes of TEXT percent-decoded into heap memory; NULL for a bad escape or a NUL. */
static char *decode(const char *text, size_t len)
{
    char *out = mem_copy(text, len);
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '%') {
            out[to++] = text[i];
            continue;
        }
        char pair[3] = {0};
        if (i + 2 < len)
            memcpy(pair, text + i + 1, 2);
        if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]) || strcmp(pair, "00") == 0) {
            free(out);
            return NULL;
        }
        out[to++] = (char)strtol(pair, NULL, 16);
        i += 2;
    }
    out[to] = '\0';
    return out;
}

static bool set_database(struct conf_redis *redis, const char *text, size_t len, const char **why)
{
    redis->database = parse_number(text, len, 65535);
    *why = "the database must be a number, as in \"redis://127.0.0.1:6379/0\" or \"unix:/path?db=0\"";
    return redis->database >= 0;
}

/* Decodes LEN bytes of TEXT into *OUT, which is freed first. */
static bool set_secret(char **out, const char *text, size_t len, const char **why)
{
    free(*out);
    *out = decode(text, len);
    *why = "user and password must be percent-encoded: write %25 for %, %40 for @";
    return *out;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* One NAME=VALUE of a unix: URL's query. */
static bool set_unix_option(struct conf_redis *redis, const char *pair, size_t len, const char **why)
{
    if (has_prefix(pair, "db="))
        return set_database(redis, pair + 3, len - 3, why);
    if (has_prefix(pair, "user="))
        return set_secret(&redis->user, pair + 5, len - 5, why);
    if (has_prefix(pair, "password="))
        return set_secret(&redis->password, pair + 9, len - 9, why);
    *why = "after the ? of a unix: URL, write db=, user= or password=, separated by &";
    return false;
}

static bool parse_unix(const char *path, struct conf_redis *redis, const char **why)
{
    size_t len = strcspn(path, "?");
    if (*path != '/') {
        *why = "the path of the socket must be absolute, as in \"unix:/run/redis/redis-server.sock\"";
        return false;
    }
    redis->unix_path = mem_copy(path, len);
    const char *at = path + len;
    while (*at != '\0') {
        at++; /* the ? or & */
        size_t pair = strcspn(at, "&");
        if (!set_unix_option(redis, at, pair, why))
            return false;
        at += pair;
    }
    return true;
}

/* [USER][:PASSWORD] in LEN bytes of TEXT. */
static bool parse_userinfo(const char *text, size_t len, struct conf_redis *redis, const char **why)
{
    const char *colon = memchr(text, ':', len);
    size_t user_len = colon ? (size_t)(colon - text) : len;
    if (user_len > 0 && !set_secret(&redis->user, text, user_len, why))
        return false;
    if (colon)
        return set_secret(&redis->password, colon + 1, len - user_len - 1, why);
    *why = "a user needs a password, as in \"redis://user:password@127.0.0.1:6379/0\"";
    return false;
}

static bool parse_tcp(const char *text, struct conf_redis *redis, const char **why)
{
    size_t len = strcspn(text, "/?#");
    const char *at = memrchr(text, '@', len);
    if (at && !parse_userinfo(text, (size_t)(at - text), redis, why))
        return false;
    const char *address = at ? at + 1 : text;
    char *copy = mem_copy(address, len - (size_t)(address - text));
    bool ok = address_split(copy, 6379, &redis->host, &redis->port, why);
    free(copy);
    if (!ok || text[len] == '\0')
        return ok;
    const char *database = text + len + 1;
    if (text[len] == '/' && *database == '\0')
        return true;
    return set_database(redis, text[len] == '/' ? database : "", strlen(database), why);
}

bool address_redis(const char *url, struct conf_redis *redis, const char **why)
{
    *redis = (struct conf_redis){0};
    if (has_prefix(url, "unix://"))
        return parse_unix(url + 7, redis, why);
    if (has_prefix(url, "unix:"))
        return parse_unix(url + 5, redis, why);
    if (has_prefix(url, "redis://"))
        return parse_tcp(url + 8, redis, why);
    *why = has_prefix(url, "rediss://")
               ? "for Redis over TLS, use a tunnel (stunnel, ghostunnel) and name its redis://127.0.0.1:PORT"
               : "it is \"unix:/PATH\" or \"redis://USER:PASSWORD@HOST:PORT/DB\"";
    return false;
}

/* ---- origins ---- */

static void lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* What is wrong with TEXT at first sight; NULL if nothing is. */
static const char *origin_fault(const char *text)
{
    if (strchr(text, '*'))
        return "there is no wildcard: list each origin whose pages may send requests";
    if (strcasecmp(text, "null") == 0)
        return "pages of any site can send \"null\", so it cannot be allowed";
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            return "write the host as browsers send it, in Punycode: \"https://xn--bcher-kva.example\"";
        if (iscntrl((unsigned char)*c) || strchr(" ,;\"'<>", *c))
            return "an origin has no spaces, commas or quotes; put each one in its own quotes";
    }
    if (!strstr(text, "://"))
        return "an origin begins with its scheme, as in \"https://app.example.org\"";
    if (strpbrk(strstr(text, "://") + 3, "/?#\\"))
        return "an origin has no path, as in \"https://app.example.org\"";
    return NULL;
}

static bool scheme_ok(const char *scheme)
{
    return islower((unsigned char)*scheme) && scheme[strspn(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] == '\0';
}

/* Whether HOST is valid; rewrites it in place as browsers write it. */
static bool host_ok(char *host, bool bracketed)
{
    struct in6_addr address;
    if (!bracketed)
        return host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-._")] == '\0';
    /* The canonical form is never longer: it leaves out all it can. */
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, host, &address) != 1 || !inet_ntop(AF_INET6, &address, text, sizeof text) ||
        strlen(text) > strlen(host))
        return false;
    strcpy(host, text);
    return true;
}

/* 0 if SCHEME has none. */
static int default_port(const char *scheme)
{
    if (strcmp(scheme, "https") == 0)
        return 443;
    return strcmp(scheme, "http") == 0 ? 80 : 0;
}

enum { NO_PORT = 65536 };

static char *origin_text(const char *scheme, const char *host, bool bracketed, int port)
{
    size_t size = strlen(scheme) + strlen(host) + sizeof "://[]:65535";
    char *text = mem_new(size);
    int len = snprintf(text, size, bracketed ? "%s://[%s]" : "%s://%s", scheme, host);
    if (port != NO_PORT)
        snprintf(text + len, size - (size_t)len, ":%d", port);
    return text;
}

/* The origin of SCHEME and ADDRESS (HOST[:PORT]), both in lower case; NULL with WHY. */
static char *join_origin(const char *scheme, const char *address, const char **why)
{
    bool bracketed = *address == '[';
    char *host = NULL;
    char *origin = NULL;
    int port;
    if (!scheme_ok(scheme))
        *why = "the scheme of an origin has only letters and digits, as in \"https://app.example.org\"";
    else if (address_split(address, NO_PORT, &host, &port, why)) {
        if (host_ok(host, bracketed))
            origin = origin_text(scheme, host, bracketed, port == default_port(scheme) ? NO_PORT : port);
        else
            *why = "the host of an origin must be a name or an address, as in \"https://app.example.org\"";
    }
    free(host);
    return origin;
}

char *address_origin(const char *text, const char **why)
{
    char *copy = mem_text(text);
    size_t len = strlen(copy);
    lower(copy);
    const char *separator = strstr(copy, "://");
    if (separator && copy[len - 1] == '/' && separator + 3 < copy + len - 1)
        copy[len - 1] = '\0'; /* what a browser's address bar adds */
    char *origin = NULL;
    *why = origin_fault(copy);
    if (!*why && separator) {
        copy[separator - copy] = '\0';
        origin = join_origin(copy, separator + 3, why);
    }
    free(copy);
    return origin;
}
