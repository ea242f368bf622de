/* SPDX-License-Identifier: ISC */
/* See methods.h. */
#include "api/methods.h"

#include <stdio.h>

/* METHODS as "GET, HEAD, POST, OPTIONS", into OUT. */
static void list(unsigned methods, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s%s%s", methods & METHOD_GET ? "GET, HEAD, " : "", methods & METHOD_POST ? "POST, " : "",
             methods & METHOD_PUT ? "PUT, " : "", methods & METHOD_DELETE ? "DELETE, " : "", "OPTIONS");
}

void methods_reply_options(struct exchange *exchange, unsigned allowed)
{
    char methods[64];
    char headers[256];

    list(allowed, methods, sizeof methods);
    if (exchange->cors)
        snprintf(headers, sizeof headers,
                 "Access-Control-Allow-Methods: %s\r\n"
                 "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, If-None-Match\r\n"
                 "Access-Control-Max-Age: 7200\r\n",
                 methods);
    else
        snprintf(headers, sizeof headers, "Allow: %s\r\n", methods);
    exchange_reply_as(exchange, 204, NULL, headers, NULL);
}

void methods_refuse(struct exchange *exchange, unsigned allowed)
{
    char methods[64];
    char headers[80];
    char detail[128];

    list(allowed, methods, sizeof methods);
    snprintf(headers, sizeof headers, "Allow: %s\r\n", methods);
    snprintf(detail, sizeof detail, "Method not allowed. This resource accepts %s.", methods);
    exchange_problem_with(exchange, PROBLEM_METHOD_NOT_ALLOWED, &(struct problem_extra){.headers = headers}, detail);
}
