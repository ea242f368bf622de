/* SPDX-License-Identifier: ISC */
/* What a verified JWT says. A type only. */
#ifndef ROLLCALL_AUTH_JWT_FACTS_H
#define ROLLCALL_AUTH_JWT_FACTS_H

#include "auth/caller.h"

struct jwt_facts {
    char user[IDS_USER_MAX + 1];
    int64_t exp_ms;              /* wall clock, as all times here */
    int64_t nbf_ms;              /* INT64_MIN: none */
    int64_t iat_ms;              /* 0: none */
    const struct claims *claims; /* borrowed; NULL unless they admit users and there are any */
};

#endif
