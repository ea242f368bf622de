/* SPDX-License-Identifier: ISC */
/*
 * Any text as the option redis: it is taken apart into what fits together, or refused with a sentence that says nothing
 * of it.
 */
#include "base/conf_redis.h"
#include "base/limits.h"
#include "fuzz.h"

/* No other text holds it. */
#define SECRET "Geheim17"

static bool is_port(int port)
{
    return port > 0 && port < 65536;
}

static void look_at_hosts(const struct conf_redis *redis)
{
    if (redis->kind == CONF_REDIS_ONE) {
        insist(!redis->unix_path != !redis->host && !redis->hosts, "a server is at one place");
        insist(redis->unix_path ? *redis->unix_path == '/' : *redis->host && is_port(redis->port), "it can be reached");
        return;
    }
    insist(!redis->unix_path && !redis->host, "several hosts are not one");
    insist(redis->host_count > 0 && redis->host_count <= LIMIT_REDIS_HOSTS, "there are some hosts");
    for (size_t i = 0; i < redis->host_count; i++)
        insist(*redis->hosts[i].name && is_port(redis->hosts[i].port), "each host can be reached");
}

static void look_at_tls(const struct conf_redis *redis)
{
    insist(!redis->cert == !redis->key, "a certificate has a key");
    insist(!redis->unix_path || !redis->tls, "TLS goes over TCP");
    insist(!redis->sni || redis->tls, "a name is for TLS");
    insist(!redis->ca || *redis->ca == '/', "files are found from any directory");
}

static void look(const struct conf_redis *redis)
{
    look_at_hosts(redis);
    look_at_tls(redis);
    insist(redis->database >= 0 && redis->database < 65536, "the database is a number");
    insist(!redis->master == (redis->kind != CONF_REDIS_SENTINEL), "sentinels are asked for a master");
    insist(!redis->sentinel_tls || redis->kind == CONF_REDIS_SENTINEL, "only sentinels are sentinels");
    insist(redis->kind != CONF_REDIS_CLUSTER || redis->database == 0, "a cluster has one database");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *url = fuzz_text(data, size);
    struct conf_redis redis;
    const char *why = NULL;

    if (conf_redis_parse(url, &redis, &why))
        look(&redis);
    else
        insist(why && *why && !strstr(why, SECRET), "what is refused is refused with a sentence, and no password");
    conf_redis_fini(&redis);
    free(url);
    return 0;
}
