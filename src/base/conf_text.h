/* SPDX-License-Identifier: ISC */
/* What is done to a configuration's text before libconfuse reads it. Pure. */
#ifndef ROLLCALL_BASE_CONF_TEXT_H
#define ROLLCALL_BASE_CONF_TEXT_H

/*
 * Blanks a byte order mark and the comments of TEXT, these since libconfuse 3.3 counts each as three lines, and looks
 * for a quote, comment or brace that is never closed, since libconfuse lets some of them pass. NULL where all is
 * well, or a static sentence with the LINE of the opening one.
 */
const char *conf_text_prepare(char *text, unsigned *line);

#endif
