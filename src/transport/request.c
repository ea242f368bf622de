/* SPDX-License-Identifier: ISC */
/* Reading the gateway's variables (RFC 3875, section 4.1). */
#include "transport/request.h"

#include "base/mem.h"
#include "transport/transport.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 18 }; /* fit in 64 bits, and are more than anyone has to send */

const char *request_param(const struct request *request, const char *name)
{
    size_t len = strlen(name);
    const char *value = NULL;

    for (char *const *param = request->params; *param; param++)
        if (**param == *name && strncmp(*param, name, len) == 0 && (*param)[len] == '=')
            value = *param + len + 1;
    return value;
}

/* Params and body are the copy's own, though it is read as any request. */
struct request *request_copy(const struct request *request)
{
    struct request *self = mem_new(sizeof *self);
    size_t count = 0;
    while (request->params[count])
        count++;
    char **params = mem_resize(NULL, count + 1, sizeof *params);
    for (size_t i = 0; i < count; i++)
        params[i] = mem_text(request->params[i]);
    params[count] = NULL;
    *self = *request;
    self->params = params;
    self->body = mem_copy(request->body, request->body_len);
    return self;
}

void request_copy_free(struct request *request)
{
    if (!request)
        return;
    for (char *const *param = request->params; *param; param++)
        free(*param);
    free((void *)(uintptr_t)request->params);
    free((void *)(uintptr_t)request->body);
    free(request);
}

enum request_length request_length_parse(const char *text, size_t *length)
{
    size_t digits;

    /* "-1" is Caddy's way to say that a chunked body's length is not known. */
    if (!text || !*text || strcmp(text, "-1") == 0)
        return REQUEST_LENGTH_NONE;
    digits = strspn(text, "0123456789");
    if (text[digits] || digits > DIGITS_MAX)
        return REQUEST_LENGTH_NO_NUMBER;
    *length = 0;
    for (size_t i = 0; i < digits; i++)
        *length = *length * 10 + (size_t)(text[i] - '0');
    return REQUEST_LENGTH_NUMBER;
}
