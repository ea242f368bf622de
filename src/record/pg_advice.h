/* SPDX-License-Identifier: ISC */
/* What to do about what PostgreSQL or libpq says went wrong: a pure function on its text. */
#ifndef ROLLCALL_RECORD_PG_ADVICE_H
#define ROLLCALL_RECORD_PG_ADVICE_H

/* The end of a sentence that begins with MESSAGE: what to do. If the message is not known, OTHERWISE. */
const char *pg_advice(const char *message, const char *otherwise);

#endif
