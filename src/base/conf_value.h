/* SPDX-License-Identifier: ISC */
/*
 * What the texts of single options may hold, and how they are stored, for the rows of conf_options.c. Nothing is
 * opened or resolved here. Messages never repeat a value: it may hold a password.
 */
#ifndef ROLLCALL_BASE_CONF_VALUE_H
#define ROLLCALL_BASE_CONF_VALUE_H

struct conf;

/* Each returns NULL if VALUE is valid for the option of its name, else why it is not: a static sentence. */
const char *conf_check_listen(const char *value);
const char *conf_check_path(const char *value);
const char *conf_check_record(const char *value);
const char *conf_check_redis(const char *value);
const char *conf_check_log_level(const char *value);
const char *conf_check_auth(const char *value);
const char *conf_check_algorithm(const char *value);
const char *conf_check_origin(const char *value);

/*
 * Each stores VALUE, which its check found valid, in CONF; those of lists append it. conf_free() frees what they
 * allocate.
 */
void conf_take_redis(struct conf *conf, const char *value);
void conf_take_log_level(struct conf *conf, const char *value);
void conf_take_auth(struct conf *conf, const char *value);
void conf_take_origin(struct conf *conf, const char *value);

#endif
