/* SPDX-License-Identifier: ISC */
/* See script_call.h. */
#include "presence/script_call.h"

#include "base/decimal.h"

#include <assert.h>
#include <string.h>

void script_call_init(struct script_call *self, enum script script)
{
    self->script = script;
    self->key_count = 0;
    self->digits_len = 0;
    script_call_use(self, self->own_args, SCRIPT_CALL_ARGS);
}

void script_call_use(struct script_call *self, struct redis_arg *args, size_t max)
{
    self->args = args;
    self->arg_max = max;
    self->arg_count = 0;
}

void script_call_state_keys(struct script_call *self, const struct script_keys *keys)
{
    script_call_key(self, keys->state);
    script_call_key(self, keys->changed);
    script_call_key(self, keys->meta);
}

void script_call_user_keys(struct script_call *self, const struct script_keys *keys)
{
    script_call_key(self, keys->due);
    script_call_state_keys(self, keys);
    script_call_key(self, keys->user);
}

static void add_arg(struct script_call *self, const char *bytes, size_t len)
{
    assert(self->arg_count < self->arg_max);
    self->args[self->arg_count++] = (struct redis_arg){bytes, len};
}

void script_call_int(struct script_call *self, int64_t number)
{
    assert(self->digits_len + DECIMAL_MAX <= sizeof self->digits);
    char *digits = self->digits + self->digits_len;
    size_t len = decimal_write(digits, number);

    self->digits_len += len;
    add_arg(self, digits, len);
}

void script_call_int_if(struct script_call *self, bool given, int64_t number)
{
    if (given)
        script_call_int(self, number);
    else
        script_call_text(self, "");
}

void script_call_ints(struct script_call *self, const int64_t *numbers, size_t count)
{
    char *digits = self->digits + self->digits_len;
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        assert(self->digits_len + len + DECIMAL_MAX + 1 <= sizeof self->digits);
        if (i > 0)
            digits[len++] = ' ';
        len += decimal_write(digits + len, numbers[i]);
    }
    self->digits_len += len;
    add_arg(self, digits, len);
}

void script_call_send(const struct script_call *self, struct redis_router *redis, redis_reply_fn *done, void *ctx)
{
    const struct redis_call call = {self->script, self->keys, self->key_count, self->args, self->arg_count};

    redis_router_call(redis, &call, done, ctx);
}
