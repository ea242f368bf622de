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
    self->made_len = 0;
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

void script_call_words(struct script_call *self)
{
    assert(self->arg_count < self->arg_max);
    self->args[self->arg_count++] = (struct redis_arg){self->made + self->made_len, 0};
}

/* Where the next word of the last argument goes, which has LEN bytes at most. */
static char *next_word(struct script_call *self, size_t len)
{
    struct redis_arg *arg = &self->args[self->arg_count - 1];

    assert(self->made_len + 1 + len <= sizeof self->made);
    if (arg->len == 0)
        return self->made + self->made_len;
    self->made[self->made_len++] = ' ';
    arg->len++;
    return self->made + self->made_len;
}

static void end_word(struct script_call *self, size_t len)
{
    self->made_len += len;
    self->args[self->arg_count - 1].len += len;
}

void script_call_word(struct script_call *self, const char *word)
{
    size_t len = strlen(word);

    memcpy(next_word(self, len), word, len);
    end_word(self, len);
}

void script_call_numbers(struct script_call *self, const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        end_word(self, decimal_write(next_word(self, DECIMAL_MAX), numbers[i]));
}

void script_call_int(struct script_call *self, int64_t number)
{
    script_call_words(self);
    script_call_numbers(self, &number, 1);
}

void script_call_int_if(struct script_call *self, bool given, int64_t number)
{
    if (given)
        script_call_int(self, number);
    else
        script_call_text(self, "");
}

void script_call_send(const struct script_call *self, struct redis_router *redis, redis_reply_fn *done, void *ctx)
{
    const struct redis_call call = {self->script, self->keys, self->key_count, self->args, self->arg_count};

    redis_router_call(redis, &call, done, ctx);
}
