/* SPDX-License-Identifier: ISC */
/* See settings_body.h. */
#include "api/shared/settings_body.h"

bool settings_body_last_seen(struct exchange *exchange, const struct json *json, enum last_seen *out, bool *is_said)
{
    const char *name = NULL;
    size_t len;
    enum json_got got = json_text(json, "last_seen", &name, &len);

    *is_said = got != JSON_ABSENT;
    if (got == JSON_ABSENT || (got == JSON_GOT && last_seen_parse(name, out)))
        return true;
    return exchange_refuse(exchange, "\"last_seen\" must be \"exact\", \"hour\", \"day\" or \"hidden\".");
}

bool settings_body_typing(struct exchange *exchange, const struct json *json, bool *out, bool *is_said)
{
    enum json_got got = json_bool(json, "typing", out);

    *is_said = got != JSON_ABSENT;
    if (got != JSON_WRONG_TYPE)
        return true;
    return exchange_refuse(exchange, "\"typing\" must be true or false.");
}
