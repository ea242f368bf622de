/* SPDX-License-Identifier: ISC */
/* Tells open pages what the record's log says of writes that were made elsewhere, now that they can be read here. */
#ifndef ROLLCALL_API_SHARED_ELSEWHERE_H
#define ROLLCALL_API_SHARED_ELSEWHERE_H

struct record_event;

/* Tells of EVENT. CTX is the service: this is what writer_on_event() is given. */
void elsewhere_tell(void *ctx, const struct record_event *event);

#endif
