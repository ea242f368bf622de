/* SPDX-License-Identifier: ISC */
/*
 * Whether a web server passes a stream of events on as it is sent, or keeps it until it has enough. Without that, pages
 * use long polls.
 */
#ifndef ROLLCALL_DOCTOR_EVENTS_H
#define ROLLCALL_DOCTOR_EVENTS_H

struct doctor;
struct doctor_site;

/* Who asks; all borrowed for the call. */
struct doctor_member {
    const struct doctor_site *site;
    const char *workspace;
    const char *token;
    const char *server; /* the web server's name, as it gives it; "" if it does not */
};

/*
 * Opens a stream as MEMBER, changes their status, and reports how long the event took; if it did not come at once, with
 * the line of the web server's configuration that is missing. Takes up to ten seconds.
 */
void doctor_events(struct doctor *doctor, const struct doctor_member *member);

#endif
