/* SPDX-License-Identifier: ISC */
/* See audit.h. */
#include "api/shared/audit.h"

#include "base/buf.h"
#include "base/log.h"

#include <string.h>

/* As JSON strings, so that an id with spaces or quotes cannot pass for another field. */
static void add_field(struct buf *line, const char *name, const char *value)
{
    if (!value)
        return;
    buf_add_char(line, ' ');
    buf_add_text(line, name);
    buf_add_char(line, '=');
    buf_add_json(line, value, strlen(value));
}

static void log_line(const struct exchange *exchange, const struct buf *line)
{
    if (exchange->caller.admin)
        log_info("audit: actor=token:%lld%s", (long long)exchange->caller.credential, line->data);
    else
        log_info("audit: actor=user%s", line->data);
}

void audit(const struct exchange *exchange, const char *action, const char *workspace, const char *object)
{
    struct buf line;

    buf_init(&line);
    add_field(&line, "action", action);
    add_field(&line, "workspace", workspace);
    add_field(&line, "object", object);
    log_line(exchange, &line);
    buf_fini(&line);
}

void audit_said(const struct exchange *exchange, const char *action, const char *claim)
{
    struct buf line;

    buf_init(&line);
    add_field(&line, "action", action);
    add_field(&line, "workspace", exchange->workspace);
    add_field(&line, "object", exchange->user);
    add_field(&line, "claim", claim);
    log_line(exchange, &line);
    buf_fini(&line);
}
