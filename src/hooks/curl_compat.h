/* SPDX-License-Identifier: ISC */
/* libcurl, whose options differ by its version. */
#ifndef ROLLCALL_HOOKS_CURL_COMPAT_H
#define ROLLCALL_HOOKS_CURL_COMPAT_H

#include <curl/curl.h>

/* Lets EASY speak HTTP and HTTPS only. */
static inline void curl_compat_only_http(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/*
 * Does not wait for a thread that looks up the name of a host, if EASY ends before it. Before 7.87 the loop stands
 * still for as long as name servers are silent, some seconds.
 */
static inline void curl_compat_quick_exit(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)easy;
#endif
}

/*
 * Trusts the CA certificates in FILE, or the system's if it is NULL, and keeps them for SECONDS. libcurl keeps none
 * that are in a directory, so that is left out if there is a file; before 7.87 it reads them for each connection.
 */
static inline void curl_compat_trust(CURL *easy, const char *file, long seconds)
{
    if (file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
#if LIBCURL_VERSION_NUM >= 0x075700
    if (!file && curl_version_info(CURLVERSION_NOW)->cainfo)
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, seconds);
#else
    (void)seconds;
#endif
}

#endif
