/* SPDX-License-Identifier: ISC */
/* See problem.h. */
#include "http/problem.h"

#include <stddef.h>

static const struct problem_kind kinds[PROBLEM_KINDS] = {
    [PROBLEM_BAD_JSON] = {400, "bad_json", "The body is not the JSON that is wanted"},
    [PROBLEM_BAD_REQUEST] = {400, "bad_request", "The request breaks a rule"},
    [PROBLEM_NO_CREDENTIAL] = {401, "no_credential", "Who is asking?"},
    [PROBLEM_INVALID_CREDENTIAL] = {401, "invalid_credential", "The credential is not valid"},
    [PROBLEM_EXPIRED_CREDENTIAL] = {401, "expired_credential", "The credential has expired"},
    [PROBLEM_NOT_A_MEMBER] = {403, "not_a_member", "Not a member of this workspace"},
    [PROBLEM_ADMIN_ONLY] = {403, "admin_only", "An administrator's token is needed"},
    [PROBLEM_FOREIGN_ORIGIN] = {403, "foreign_origin", "Pages of this origin may not ask"},
    [PROBLEM_NOT_FOUND] = {404, "not_found", "There is no such thing"},
    [PROBLEM_METHOD_NOT_ALLOWED] = {405, "method_not_allowed", "This resource has no such method"},
    [PROBLEM_CONFLICT] = {409, "conflict", "What is there already stands in the way"},
    [PROBLEM_SESSION_ENDED] = {410, "session_ended", "The session was ended"},
    [PROBLEM_TOO_LARGE] = {413, "too_large", "The body is too large"},
    [PROBLEM_TARGET_TOO_LONG] = {414, "target_too_long", "The path or the query is too long"},
    [PROBLEM_UNSUPPORTED_ENCODING] = {415, "unsupported_encoding", "The body's encoding is not supported"},
    [PROBLEM_KEY_REUSED] = {422, "key_reused", "The key belongs to another request"},
    [PROBLEM_RATE_LIMITED] = {429, "rate_limited", "Too many requests"},
    [PROBLEM_TOO_MANY_SESSIONS] = {429, "too_many_sessions", "Too many sessions"},
    [PROBLEM_TOO_MANY_POLLS] = {429, "too_many_polls", "Too many polls that wait"},
    [PROBLEM_INTERNAL] = {500, "internal", "A fault of the server"},
    [PROBLEM_REDIS_UNAVAILABLE] = {503, "redis_unavailable", "Presence cannot be reached"},
    [PROBLEM_DIRECTORY_UNAVAILABLE] = {503, "directory_unavailable", "The directory cannot be used"},
    [PROBLEM_DRAINING] = {503, "draining", "The server is about to stop"},
    [PROBLEM_CROWDED_OUT] = {503, "crowded_out", "Too much comes at once"},
    [PROBLEM_DISK_FULL] = {507, "disk_full", "The disk is full"},
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
