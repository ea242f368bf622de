/* SPDX-License-Identifier: ISC */
/* Any bytes as a body: read or refused with a sentence, never anything else. */
#include "http/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[200] = "";
    struct json *json = json_parse((const char *)data, size, error, sizeof error);
    const char *text;
    const char **texts;
    size_t len;
    int64_t number;

    if (!json) {
        if (!error[0])
            abort();
        return 0;
    }
    json_text(json, "session", &text, &len);
    json_int(json, "n", &number);
    if (json_texts(json, "user", &texts, &len) == JSON_GOT)
        free(texts);
    json_free(json);
    return 0;
}
