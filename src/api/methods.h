/* SPDX-License-Identifier: ISC */
/* Replies about the methods of a resource: OPTIONS, preflights of other origins included, and 405. */
#ifndef ROLLCALL_API_METHODS_H
#define ROLLCALL_API_METHODS_H

#include "http/exchange.h"

/* Replies to OPTIONS: ALLOWED are the resource's methods, as bits. Needs no credential (Fetch Standard, 3.2.2). */
void methods_reply_options(struct exchange *exchange, unsigned allowed);

/* Replies 405, listing the methods ALLOWED. */
void methods_refuse(struct exchange *exchange, unsigned allowed);

#endif
