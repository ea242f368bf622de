/* SPDX-License-Identifier: ISC */
/*
 * Whether a URL leads to Rollcall. It may redirect to HTTPS, which is followed on the same host alone, and there to the same
 * port or 443: an administrator's token will be sent there. If something else answers, the places that were probably meant
 * are tried.
 */
#include "doctor/doctor.h"

#include "base/mem.h"
#include "doctor/doctor_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PATIENCE_S = 10, HOPS_MAX = 3, URL_MAX = 1024, PORT_HTTPS = 443 };

static const char part[] = "web server";
static const char probe[] = "/healthz";
static const char usual_mount[] = "/presence";

static bool is_ours(const struct doctor_answer *answer)
{
    return answer->status == 200 && answer->body.data && strstr(answer->body.data, "\"ok\":true");
}

static void ask(const struct doctor_site *site, struct doctor_answer *answer)
{
    doctor_ask(site, "GET", probe, NULL, NULL, PATIENCE_S, answer);
}

/* ---- redirects ---- */

/* Where ANSWER redirects to, into URL: absolute. False if it does not. */
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

/* Why a redirect of SITE to NEXT is not followed; NULL if it is. */
static const char *objection(const struct doctor_site *site, const struct doctor_site *next)
{
    if (strcasecmp(site->host, next->host) != 0)
        return "another host, to which no token is sent unless you ask it yourself: give its URL to --doctor";
    if (next->port != site->port && next->port != PORT_HTTPS)
        return "another port, where another service may be: if that is Rollcall's, give its URL to --doctor";
    if (site->tls && !next->tls)
        return "plain HTTP, over which tokens can be read: let the web server redirect the other way";
    return NULL;
}

/* Makes SITE what URL, a redirect of its probe, leads to. False, having said why, if it is not to be followed. */
static bool follow(struct doctor *doctor, struct doctor_site *site, char url[URL_MAX])
{
    size_t len = strlen(url);
    struct doctor_site next;
    const char *why = NULL;
    char error[URL_MAX + 128];
    bool is_probe = len > strlen(probe) && strcmp(url + len - strlen(probe), probe) == 0;

    if (is_probe)
        url[len - strlen(probe)] = '\0';
    if (!is_probe || !doctor_site_init(&next, url, error, sizeof error)) {
        if (is_probe)
            doctor_site_fini(&next);
        doctor_say(doctor, FINDING_BAD, part,
                   "%s%s is redirected to %s, which is not Rollcall: have that rule leave %s alone", site->prefix,
                   probe, url, *site->prefix ? site->prefix : "Rollcall");
        return false;
    }
    why = objection(site, &next);
    if (why) {
        doctor_say(doctor, FINDING_BAD, part, "it redirects to %s, and so to %s", url, why);
        doctor_site_fini(&next);
        return false;
    }
    doctor_say(doctor, FINDING_NOTE, part, "it redirects to %s, which is asked from here on", url);
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
    bool found;

    other.prefix = prefix;
    ask(&other, &answer);
    found = is_ours(&answer);
    doctor_answer_fini(&answer);
    return found;
}

/* Where on SITE Rollcall is instead, as heap memory: above, or at the usual mount below. NULL for nowhere. */
static char *find_near(const struct doctor_site *site)
{
    char *prefix = mem_text(site->prefix);
    size_t size = strlen(prefix) + sizeof usual_mount;
    char *slash;

    while ((slash = strrchr(prefix, '/'))) {
        *slash = '\0';
        if (is_at(site, prefix))
            return prefix;
    }
    free(prefix);
    prefix = mem_new(size);
    snprintf(prefix, size, "%s%s", site->prefix, usual_mount);
    if (is_at(site, prefix))
        return prefix;
    free(prefix);
    return NULL;
}

static void say_astray(struct doctor *doctor, const struct doctor_site *site, int status)
{
    char *near = find_near(site);

    if (near)
        doctor_say(doctor, FINDING_BAD, part, "Rollcall is not at %s%s: ask at %s://%s%s", site->header, site->prefix,
                   doctor_site_scheme(site), site->header, near);
    else
        doctor_say(
            doctor, FINDING_BAD, part,
            "%s%s is answered %d, and not by Rollcall: the mount in its configuration is another one, or another of its "
            "sites answers",
            site->prefix, probe, status);
    free(near);
}

static void say_missing(struct doctor *doctor, const struct doctor_site *site, const struct doctor_answer *answer)
{
    if (answer->status == 0)
        doctor_say(doctor, FINDING_BAD, part, "it is not there: %s", answer->error);
    else if (answer->status >= 500)
        doctor_say(doctor, FINDING_BAD, part,
                   "it answers %d: it cannot reach Rollcall; add its user to the socket's group, then restart it",
                   answer->status);
    else
        say_astray(doctor, site, answer->status);
}

/* ---- the whole ---- */

bool doctor_find(struct doctor *doctor, const char *url, struct doctor_site *site)
{
    char error[512];
    char next[URL_MAX];
    bool found = false;
    bool again = true;

    if (!doctor_site_init(site, url, error, sizeof error)) {
        doctor_say(doctor, FINDING_BAD, part, "%s", error);
        return false;
    }
    for (unsigned hops = 0; again && !found; hops++) {
        struct doctor_answer answer;
        ask(site, &answer);
        found = is_ours(&answer);
        again = !found && hops < HOPS_MAX && redirects(site, &answer, next);
        if (found) {
            doctor_say(doctor, FINDING_GOOD, part, "%s%s leads to Rollcall", site->header, site->prefix);
            doctor_apache(doctor, &answer);
            doctor_nginx(doctor, &answer);
        } else if (!again) {
            say_missing(doctor, site, &answer);
        }
        doctor_answer_fini(&answer);
        again = again && follow(doctor, site, next);
    }
    return found;
}
