/* SPDX-License-Identifier: ISC */
/*
 * The one place that knows which hiredis this is: 0.14 counts the elements of a list as int and knows RESP2 alone; 1.x
 * counts as size_t and wants makers for what RESP3 adds, without which it invents pointers.
 */
#ifndef ROLLCALL_REDIS_HIREDIS_COMPAT_H
#define ROLLCALL_REDIS_HIREDIS_COMPAT_H

#include <hiredis/hiredis.h>

#if HIREDIS_MAJOR >= 1
typedef size_t hiredis_count;
#define HIREDIS_RESP3_MAKERS(make_double, make_bool) .createDouble = (make_double), .createBool = (make_bool),
#else
typedef int hiredis_count;
#define HIREDIS_RESP3_MAKERS(make_double, make_bool)
#endif

#endif
