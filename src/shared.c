/* SPDX-License-Identifier: ISC */
/* See shared.h. */
#include "shared.h"

#include "api/metrics.h"
#include "base/mem.h"
#include "directory/directory.h"

struct shared shared_new(unsigned workers)
{
    return (struct shared){metrics_board_new(workers), mem_shared(DIRECTORY_SHARED_BYTES)};
}
