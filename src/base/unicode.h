/* SPDX-License-Identifier: ISC */
/*
 * What kind of character a code point is, as far as the rules for names and messages need to know (base/ids.h,
 * base/message.h). The tables are those of Unicode 14; a code point that is unassigned there counts as visible. Pure
 * functions.
 */
#ifndef ROLLCALL_BASE_UNICODE_H
#define ROLLCALL_BASE_UNICODE_H

#include <stdbool.h>

/* Shows nothing by itself: spaces, format characters, fillers, blank patterns. */
bool unicode_is_invisible(unsigned point);

/* Is drawn onto the character before it (general categories Mn and Me). */
bool unicode_is_mark(unsigned point);

/* A space or a separator of lines (general categories Zs, Zl and Zp). */
bool unicode_is_space(unsigned point);

/* C0, DEL, or C1. */
bool unicode_is_control(unsigned point);

#endif
