/* SPDX-License-Identifier: ISC */
/* The table of jwt_algorithm.h. */
#include "base/jwt_algorithm.h"

#include <stddef.h>
#include <string.h>

static const struct jwt_algorithm algorithms[] = {
    {"HS256", JWT_SECRET, "SHA256", 0, 32}, {"HS384", JWT_SECRET, "SHA384", 0, 48},
    {"HS512", JWT_SECRET, "SHA512", 0, 64}, {"RS256", JWT_RSA, "SHA256", 2048, 0},
    {"RS384", JWT_RSA, "SHA384", 2048, 0},  {"RS512", JWT_RSA, "SHA512", 2048, 0},
    {"ES256", JWT_EC, "SHA256", 256, 64},   {"ES384", JWT_EC, "SHA384", 384, 96},
    {"ES512", JWT_EC, "SHA512", 521, 132},  {"EdDSA", JWT_EDWARDS, NULL, 0, 64},
};

const struct jwt_algorithm *jwt_algorithm_find(const char *name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    return NULL;
}
