/* SPDX-License-Identifier: ISC */
/* What ps(1) shows of this process instead of its command line. */
#ifndef ROLLCALL_BASE_TITLE_H
#define ROLLCALL_BASE_TITLE_H

/*
 * Shows TITLE from now on, in the place of the command line, or of the environment too if it does not fit. Variables of
 * the environment keep their values but are elsewhere: what getenv() has returned before is not valid any more. If the
 * kernel does not tell where these are, nothing happens.
 */
void title_set(const char *title);

#endif
