/* SPDX-License-Identifier: ISC */
/*
 * Any requests to a whole worker, and any answers of Redis to what it asks because of them: world.h says what is true
 * of every answer. Each section of the input is one of
 *
 *     NAME=value lines, an empty line, a body   a request
 *     replies in Redis's protocol               for what requests asked
 *     '~' and the same                          for what a tick asked
 *     '@', a channel, a line end, a message     a message of that channel
 *     '=' and letters                           r: Redis answers as usual; d, u: it is down, up; g: a client goes away;
 *                                               t: a tick; T: one that comes late; L: one so late that streams end;
 *                                               f, s: sockets are full, take all again; x: the worker stops;
 *                                               p: polls are probed from now on
 */
#include "world.h"

enum { TICKS_MAX = 20, LATE_MS = 30000 };

static void tick(int64_t after_ms, unsigned *ticks)
{
    if (++*ticks <= TICKS_MAX)
        world_tick(after_ms);
}

static void event(char letter, unsigned *ticks)
{
    switch (letter) {
    case 'r': played_behave(); return;
    case 'd': played_set_up(false); return;
    case 'u': played_set_up(true); return;
    case 'g': world_gone(); return;
    case 't': tick(0, ticks); return;
    case 'T': tick(LATE_MS, ticks); return;
    case 'L': tick(WORLD_FOREVER_MS, ticks); return;
    case 'f': world.full = true; return;
    case 's': world_read_on(); return;
    case 'x': world_drain(); return;
    case 'p': world.conf->probe_s = 1; return;
    default: return;
    }
}

static void message(char *text, size_t len)
{
    char *end = memchr(text, '\n', len);

    if (!end || !played.up)
        return;
    *end++ = '\0';
    played.believable++;
    if (strncmp(text, "rollcall:worker:", 16) == 0)
        text = played.own_channel;
    played.events.on_message(played.events.ctx, text, end, len - (size_t)(end - text));
}

static void take(char *section, size_t len, unsigned *ticks)
{
    switch (*section) {
    case '*':
    case '$':
    case ':':
    case '+':
    case '-': played_replies(section, len, false); return;
    case '~': played_replies(section + 1, len - 1, true); return;
    case '@': message(section + 1, len - 1); return;
    case '=':
        for (size_t i = 1; i < len; i++)
            event(section[i], ticks);
        return;
    default: world_request(section, len); return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *end = text + size;
    unsigned ticks = 0;

    world_begin();
    for (char *at = text; at < end;) {
        char *stop = memmem(at, (size_t)(end - at), "\n--\n", 4);

        if (!stop)
            stop = end;
        *stop = '\0';
        if (stop > at)
            take(at, (size_t)(stop - at), &ticks);
        played_confirm();
        at = stop + 4;
    }
    world_end();
    free(text);
    return 0;
}
