/* SPDX-License-Identifier: ISC */
/* Prepares a configuration file's text for libconfuse. Pure. */
#ifndef ROLLCALL_BASE_CONF_TEXT_H
#define ROLLCALL_BASE_CONF_TEXT_H

/*
 * Blanks a byte order mark and the comments in TEXT, since libconfuse 3.3 counts each comment as three lines. Looks
 * for a quote, comment or brace that is never closed, since libconfuse accepts some of them: if there is one, returns
 * a static sentence with LINE set to where it is opened. Else NULL.
 */
const char *conf_text_prepare(char *text, unsigned *line);

#endif
