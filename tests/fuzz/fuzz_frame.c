/* SPDX-License-Identifier: ISC */
/* Any bytes as FastCGI: the walk takes them the same in one go and in portions, and counts no more than there are. */
#include "transport/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Walks on until the request is decided or there are no more bytes; returns how many it took. */
static size_t walk(struct frame *frame, const uint8_t *data, size_t size, size_t portion)
{
    size_t at = 0;

    while (at < size && (frame->state == FRAME_PARTIAL || frame->state == FRAME_ASIDE)) {
        size_t len = size - at < portion ? size - at : portion;
        size_t took = frame_feed(frame, data + at, len);

        check(took > 0 && took <= len);
        check(took == len || frame->state != FRAME_PARTIAL);
        at += took;
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t portion = size ? data[size - 1] % 16 + 1u : 1;
    struct frame at_once, by_portions;
    size_t took;

    frame_init(&at_once);
    frame_init(&by_portions);
    took = walk(&at_once, data, size, size);
    check(at_once.own_bytes <= took && at_once.params_bytes + at_once.body_bytes <= took);
    check(at_once.head_bytes <= at_once.own_bytes);
    /* How far into what is wrong a portion reaches makes no difference to the verdict, but to the counts. */
    check(walk(&by_portions, data, size, portion) == took || at_once.state >= FRAME_MALFORMED);
    check(by_portions.state == at_once.state || at_once.state >= FRAME_MALFORMED);
    check(by_portions.own_bytes == at_once.own_bytes && by_portions.head_bytes == at_once.head_bytes);
    check(at_once.state >= FRAME_MALFORMED || by_portions.body_bytes == at_once.body_bytes);
    return 0;
}
