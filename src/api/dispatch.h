/* SPDX-License-Identifier: ISC */
/* From a request to its handler: the checks that every request passes, in order. */
#ifndef ROLLCALL_API_DISPATCH_H
#define ROLLCALL_API_DISPATCH_H

struct conn;
struct request;

/*
 * For struct transport_handler: handles REQUEST and sees to it that CONN is replied to, now or later. CTX is the
 * service.
 */
void dispatch_on_request(void *ctx, struct conn *conn, const struct request *request);

#endif
