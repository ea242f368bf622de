/* SPDX-License-Identifier: ISC */
/*
 * rollcalld --doctor: looks at a deployment from all sides and says of each what is wrong and what to do. It changes nothing that
 * stays: what it has to make in order to ask through the web server (a workspace, tokens), it takes away again.
 */
#ifndef ROLLCALL_DOCTOR_H
#define ROLLCALL_DOCTOR_H

#include <stdbool.h>

struct conf;

/*
 * Prints a line for each finding. URL is where the public finds Rollcall, as "https://www.example.org/presence"; NULL leaves the
 * web server out. Returns whether all is well. Takes up to the configured wait and a few seconds more.
 */
bool doctor_run(const struct conf *conf, const char *url);

/* ---- for its own files ---- */

enum finding { FINDING_GOOD, FINDING_NOTE, FINDING_BAD };

struct doctor {
    const struct conf *conf; /* borrowed */
    unsigned bad;            /* findings */
    bool redis_up;
};

/* Prints a sentence about PART ("socket", "redis", ...). */
void doctor_say(struct doctor *self, enum finding finding, const char *part, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

struct doctor_answer;
struct doctor_site;

/* Whether URL leads to Rollcall, and SITE to what is to be asked then; says what it leads to instead. doctor_mount.c. */
bool doctor_find(struct doctor *self, const char *url, struct doctor_site *site);

/* If the web server that gave ANSWER is Apache: whether polls leave it room for others. doctor_apache.c. */
void doctor_apache(struct doctor *self, const struct doctor_answer *answer);

/* The same for nginx. doctor_nginx.c. */
void doctor_nginx(struct doctor *self, const struct doctor_answer *answer);

/* What the web server at URL does with requests to Rollcall. TOKEN is an administrator's: doctor_web.c. */
void doctor_web(struct doctor *self, const char *url, const char *token);

#endif
