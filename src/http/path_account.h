/* SPDX-License-Identifier: ISC */
/*
 * The web server's account of a path. It may be decoded or not, resolved or not, and with slashes merged or not, but
 * it has to be of the same resource as the target. Private to http/, for path.c. Pure, of linear time.
 */
#ifndef ROLLCALL_HTTP_PATH_ACCOUNT_H
#define ROLLCALL_HTTP_PATH_ACCOUNT_H

#include "http/path.h"
#include "http/span.h"

/*
 * True if the account that SOURCE holds is what a web server makes of the target: MOUNT (decoded) and BELOW (as the
 * client sent it; its escapes are good). True as well if it holds none. If the configuration says the mount, the
 * server may have another name for it, as after a rewrite.
 */
bool path_account_agrees(const struct path_source *source, struct span mount, struct span below);

#endif
