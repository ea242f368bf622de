/* SPDX-License-Identifier: ISC */
/* See problem.h. */
#include "http/problem.h"

#include <stddef.h>

static const struct problem_kind kinds[PROBLEM_KINDS] = {
    [PROBLEM_BAD_JSON] = {400, "bad_json", "Invalid JSON body"},
    [PROBLEM_BAD_REQUEST] = {400, "bad_request", "Invalid request"},
    [PROBLEM_NO_CREDENTIAL] = {401, "no_credential", "Authentication required"},
    [PROBLEM_INVALID_CREDENTIAL] = {401, "invalid_credential", "Invalid credential"},
    [PROBLEM_EXPIRED_CREDENTIAL] = {401, "expired_credential", "Expired credential"},
    [PROBLEM_NOT_A_MEMBER] = {403, "not_a_member", "Not a member of this workspace"},
    [PROBLEM_ADMIN_ONLY] = {403, "admin_only", "Administrator token required"},
    [PROBLEM_INSUFFICIENT_SCOPE] = {403, "insufficient_scope", "Token lacks the scope"},
    [PROBLEM_FOREIGN_ORIGIN] = {403, "foreign_origin", "Origin not allowed"},
    [PROBLEM_NOT_ALLOWED] = {403, "not_allowed", "Not allowed in this workspace"},
    [PROBLEM_NOT_FOUND] = {404, "not_found", "Not found"},
    [PROBLEM_METHOD_NOT_ALLOWED] = {405, "method_not_allowed", "Method not allowed"},
    [PROBLEM_CONFLICT] = {409, "conflict", "Conflicts with existing data"},
    [PROBLEM_TOO_MANY_CLAIMS] = {409, "too_many_claims", "Too many claims"},
    [PROBLEM_TOO_MANY_PLACES] = {409, "too_many_places", "Too many places"},
    [PROBLEM_SESSION_ENDED] = {410, "session_ended", "Session ended"},
    [PROBLEM_TOO_LARGE] = {413, "too_large", "Body too large"},
    [PROBLEM_TARGET_TOO_LONG] = {414, "target_too_long", "Path or query too long"},
    [PROBLEM_UNSUPPORTED_ENCODING] = {415, "unsupported_encoding", "Unsupported body encoding"},
    [PROBLEM_KEY_REUSED] = {422, "key_reused", "Idempotency-Key used for another request"},
    [PROBLEM_RATE_LIMITED] = {429, "rate_limited", "Too many requests"},
    [PROBLEM_TOO_MANY_SESSIONS] = {429, "too_many_sessions", "Too many sessions"},
    [PROBLEM_TOO_MANY_POLLS] = {429, "too_many_polls", "Too many waiting polls"},
    [PROBLEM_INTERNAL] = {500, "internal", "Internal server error"},
    [PROBLEM_REDIS_UNAVAILABLE] = {503, "redis_unavailable", "Redis unavailable"},
    [PROBLEM_DIRECTORY_UNAVAILABLE] = {503, "directory_unavailable", "Directory unavailable"},
    [PROBLEM_DRAINING] = {503, "draining", "Server is stopping"},
    [PROBLEM_CROWDED_OUT] = {503, "crowded_out", "Too many large requests at once"},
    [PROBLEM_DISK_FULL] = {507, "disk_full", "Disk full"},
};

const struct problem_kind *problem_kind(enum problem problem)
{
    return &kinds[problem];
}

const char *problem_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}
