/* SPDX-License-Identifier: ISC */
/* See write.h. */
#include "api/shared/write.h"

#include "api/shared/service.h"
#include "base/mem.h"
#include "directory/writer.h"

#include <stdlib.h>

/* A write that waits for the thread. */
struct write {
    struct service *service; /* borrowed: it outlives all writes */
    write_fn *run;
    written_fn *done;
    void *state;
};

static enum directory_result run_write(struct directory *directory, void *ctx)
{
    const struct write *self = ctx;
    return self->run(directory, self->state);
}

static void finish_write(void *ctx, enum directory_result result, const char *error)
{
    struct write write = *(const struct write *)ctx;
    free(ctx);
    directory_take_error(write.service->directory, error);
    write.done(write.state, result);
}

void write_start(struct service *service, write_fn *run, written_fn *done, void *state)
{
    if (!service->writer) {
        done(state, run(service->directory, state));
        return;
    }
    struct write *self = mem_new(sizeof *self);
    *self = (struct write){service, run, done, state};
    if (!writer_submit(service->writer, &(struct writer_job){run_write, finish_write, self}))
        finish_write(self, DIRECTORY_BUSY, "too many writes wait for PostgreSQL: look whether it is slow");
}
