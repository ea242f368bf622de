/* SPDX-License-Identifier: ISC */
/* What rollcalld does for its administrator instead of serving: one task, whose result is printed, then it exits. */
#ifndef ROLLCALL_TASKS_H
#define ROLLCALL_TASKS_H

#include "command_line.h"

struct conf;

/*
 * Performs line->task, any but TASK_SERVE and TASK_INIT, which has no configuration yet, with CONF; BINDS says whether
 * the daemon would bind its socket itself, DOCS where the guides are. Returns the exit status. Root becomes the
 * daemon's user, except for a backup, whose file may be in a place that only root can write.
 */
int tasks_run(const struct command_line *line, const struct conf *conf, bool binds, const char *docs);

#endif
