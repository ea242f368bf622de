/* SPDX-License-Identifier: ISC */
/* See doctor_mount.h. */
#include "doctor/doctor_mount.h"

#include "base/mem.h"
#include "doctor/doctor_http.h"
#include "doctor/doctor_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_S = 10, HOPS_MAX = 3, URL_MAX = 1024 };

static const char subject[] = "web server";
static const char probe_path[] = "/healthz";
static const char usual_mount[] = "/presence";

static void probe(const struct doctor_site *site, struct doctor_answer *answer)
{
    const struct doctor_request request = {.method = "GET", .path = probe_path, .patience_s = PATIENCE_S};

    doctor_http_request(site, &request, answer);
}

static bool is_ours(const struct doctor_answer *answer)
{
    return answer->status == 200 && answer->body.data && strstr(answer->body.data, "\"ok\":true");
}

/* ---- redirects ---- */

/* The absolute URL that ANSWER redirects to, into URL. False if it does not redirect. */
static bool redirects(const struct doctor_site *site, const struct doctor_answer *answer, char url[URL_MAX])
{
    char location[URL_MAX / 2];

    if (answer->status < 301 || answer->status > 308 ||
        !doctor_answer_header(answer, "Location", location, sizeof location))
        return false;
    if (*location == '/')
        snprintf(url, URL_MAX, "%s://%.400s%s", doctor_site_scheme(site), site->header, location);
    else
        snprintf(url, URL_MAX, "%s", location);
    return true;
}

/* Makes NEXT of URL, to which the probe was redirected. False if that is not a probe any more. */
static bool site_of_probe(struct doctor_site *next, char url[URL_MAX])
{
    char error[URL_MAX + 128];
    size_t len = strlen(url);

    if (len <= strlen(probe_path) || strcmp(url + len - strlen(probe_path), probe_path) != 0)
        return false;
    url[len - strlen(probe_path)] = '\0';
    if (doctor_site_init(next, url, error, sizeof error))
        return true;
    doctor_site_fini(next);
    return false;
}

/*
 * Makes SITE the place that URL, a redirect of its probe, leads to. False, after a report, if it must not be followed.
 */
static bool follow(struct doctor *doctor, struct doctor_site *site, char url[URL_MAX])
{
    struct doctor_site next;

    if (!site_of_probe(&next, url)) {
        doctor_report(doctor, FINDING_BAD, subject,
                      "%s%s is redirected to %s, which is not Rollcall: exclude %s from that rule", site->prefix,
                      probe_path, url, *site->prefix ? site->prefix : "Rollcall");
        return false;
    }
    const char *objection = doctor_site_objection(site, &next);
    if (objection) {
        doctor_report(doctor, FINDING_BAD, subject, "it redirects to %s, and so to %s", url, objection);
        doctor_site_fini(&next);
        return false;
    }
    doctor_report(doctor, FINDING_NOTE, subject, "it redirects to %s; the other checks use that", url);
    doctor_site_fini(site);
    *site = next;
    return true;
}

/* ---- something else ---- */

/* Whether Rollcall answers at PREFIX of SITE. */
static bool is_at(const struct doctor_site *site, char *prefix)
{
    struct doctor_site other = *site;
    struct doctor_answer answer;

    other.prefix = prefix;
    probe(&other, &answer);
    bool found = is_ours(&answer);
    doctor_answer_fini(&answer);
    return found;
}

/*
 * The prefix on SITE where Rollcall is instead, as heap memory: above, or at the usual mount below. NULL if it is not
 * found.
 */
static char *find_near(const struct doctor_site *site)
{
    char *prefix = mem_text(site->prefix);
    char *slash;

    while ((slash = strrchr(prefix, '/'))) {
        *slash = '\0';
        if (is_at(site, prefix))
            return prefix;
    }
    free(prefix);
    size_t size = strlen(site->prefix) + sizeof usual_mount;
    prefix = mem_new(size);
    snprintf(prefix, size, "%s%s", site->prefix, usual_mount);
    if (is_at(site, prefix))
        return prefix;
    free(prefix);
    return NULL;
}

static void report_astray(struct doctor *doctor, const struct doctor_site *site, int status)
{
    char *near = find_near(site);

    if (near)
        doctor_report(doctor, FINDING_BAD, subject, "Rollcall is not at %s%s: use %s://%s%s", site->header,
                      site->prefix, doctor_site_scheme(site), site->header, near);
    else
        doctor_report(doctor, FINDING_BAD, subject,
                      "%s%s is answered %d, and not by Rollcall: check the path in the web server's configuration, and "
                      "which of its sites answers",
                      site->prefix, probe_path, status);
    free(near);
}

static void report_missing(struct doctor *doctor, const struct doctor_site *site, const struct doctor_answer *answer)
{
    if (answer->status == 0)
        doctor_report(doctor, FINDING_BAD, subject, "it does not answer: %s", answer->error);
    else if (answer->status >= 500)
        doctor_report(
            doctor, FINDING_BAD, subject,
            "it answers %d because it cannot reach Rollcall: add its user to the socket's group, then restart it",
            answer->status);
    else
        report_astray(doctor, site, answer->status);
}

/* ---- all of it ---- */

/* Probes SITE, and follows redirects up to HOPS_MAX times. ANSWER is the last one's, to be ended in either case. */
static bool find(struct doctor *doctor, struct doctor_site *site, struct doctor_answer *answer)
{
    char next[URL_MAX];

    for (unsigned hops = 0;; hops++) {
        probe(site, answer);
        if (is_ours(answer))
            return true;
        if (hops == HOPS_MAX || !redirects(site, answer, next)) {
            report_missing(doctor, site, answer);
            return false;
        }
        if (!follow(doctor, site, next))
            return false;
        doctor_answer_fini(answer);
    }
}

bool doctor_mount_find(struct doctor *doctor, const char *url, struct doctor_site *site, struct doctor_answer *answer)
{
    char error[512];
    bool found = false;

    if (!doctor_site_init(site, url, error, sizeof error)) {
        doctor_report(doctor, FINDING_BAD, subject, "%s", error);
    } else {
        found = find(doctor, site, answer);
        if (found)
            doctor_report(doctor, FINDING_GOOD, subject, "%s%s leads to Rollcall", site->header, site->prefix);
        else
            doctor_answer_fini(answer);
    }
    if (!found)
        doctor_site_fini(site);
    return found;
}
