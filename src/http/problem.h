/* SPDX-License-Identifier: ISC */
/*
 * What can go wrong, as clients see it: each kind with its HTTP status, its code, which never changes, and its title,
 * which may (RFC 9457). docs/ERRORS.md says what to do about each.
 */
#ifndef ROLLCALL_HTTP_PROBLEM_H
#define ROLLCALL_HTTP_PROBLEM_H

enum problem {
    PROBLEM_BAD_JSON,
    PROBLEM_BAD_REQUEST,
    PROBLEM_NO_CREDENTIAL,
    PROBLEM_INVALID_CREDENTIAL,
    PROBLEM_EXPIRED_CREDENTIAL,
    PROBLEM_NOT_A_MEMBER,
    PROBLEM_ADMIN_ONLY,
    PROBLEM_INSUFFICIENT_SCOPE,
    PROBLEM_FOREIGN_ORIGIN,
    PROBLEM_NOT_ALLOWED,
    PROBLEM_NOT_FOUND,
    PROBLEM_METHOD_NOT_ALLOWED,
    PROBLEM_CONFLICT,
    PROBLEM_TOO_MANY_CLAIMS,
    PROBLEM_TOO_MANY_PLACES,
    PROBLEM_SESSION_ENDED,
    PROBLEM_TOO_LARGE,
    PROBLEM_TARGET_TOO_LONG,
    PROBLEM_UNSUPPORTED_ENCODING,
    PROBLEM_KEY_REUSED,
    PROBLEM_RATE_LIMITED,
    PROBLEM_TOO_MANY_SESSIONS,
    PROBLEM_TOO_MANY_POLLS,
    PROBLEM_INTERNAL,
    PROBLEM_REDIS_UNAVAILABLE,
    PROBLEM_DIRECTORY_UNAVAILABLE,
    PROBLEM_DRAINING,
    PROBLEM_CROWDED_OUT,
    PROBLEM_DISK_FULL,
    PROBLEM_KINDS
};

struct problem_kind {
    int status;
    const char *code;
    const char *title;
};

/* Status, code and title of PROBLEM; static. */
const struct problem_kind *problem_kind(enum problem problem);

/* The reason phrase of an HTTP status (RFC 9110, 15), or "Unknown"; static. */
const char *problem_reason(int status);

#endif
