/* SPDX-License-Identifier: ISC */
/* See doctor_script.h. */
#include "doctor/doctor_script.h"

#include "doctor/doctor_http.h"

#include <stdio.h>
#include <string.h>

enum { PATIENCE_S = 10 };

static const char subject[] = "web server";
static const char what_to_do[] =
    "add the lines for it that \"rollcalld --init\" prints, unless your pages load it from elsewhere";

/* Whether browsers take TYPE for a module. */
static bool is_script(const char *type)
{
    return strncmp(type, "text/javascript", 15) == 0 || strncmp(type, "application/javascript", 22) == 0;
}

/* Whether PATH of ROOT can be imported; otherwise reports why not. */
static bool is_served(struct doctor *doctor, const struct doctor_site *root, const char *path)
{
    const struct doctor_request request = {.method = "GET", .path = path, .patience_s = PATIENCE_S};
    struct doctor_answer answer;
    char type[64] = "no type";

    doctor_http_request(root, &request, &answer);
    doctor_answer_header(&answer, "Content-Type", type, sizeof type);
    bool served = answer.status == 200 && is_script(type);
    if (answer.status != 200)
        doctor_report(doctor, FINDING_NOTE, subject, "%s, the script for pages, is answered %d%s%s: %s", path,
                      answer.status, *answer.error ? " " : "", answer.error, what_to_do);
    else if (!served)
        doctor_report(doctor, FINDING_NOTE, subject, "%s comes as %s, which browsers refuse for a script: %s", path,
                      type, what_to_do);
    doctor_answer_fini(&answer);
    return served;
}

void doctor_script(struct doctor *doctor, const struct doctor_site *site)
{
    struct doctor_site root = *site;
    char at_root[] = "";

    if (*site->prefix == '\0')
        return;
    root.prefix = at_root;
    if (is_served(doctor, &root, "/rollcall.js") && is_served(doctor, &root, "/rollcall-tabs.js"))
        doctor_report(doctor, FINDING_GOOD, subject, "it serves the script for pages, /rollcall.js");
}
