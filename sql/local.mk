# SPDX-License-Identifier: ISC

# In the order of their versions.
migrations = \
	sql/schema.sql \
	sql/migrations/0002-revision.sql \
	sql/migrations/0003-renames.sql \
	sql/migrations/0004-opening.sql \
	sql/migrations/0005-shell.sql \
	sql/migrations/0006-layers.sql \
	sql/migrations/0007-settings.sql \
	sql/migrations/0008-record.sql \
	sql/migrations/0009-scopes.sql \
	sql/migrations/0010-webhooks.sql \
	sql/migrations/0011-revisions.sql \
	sql/migrations/0012-limits.sql

# The record: PostgreSQL. The first is 8.
record_migrations = \
	sql/postgresql/0008-record.sql \
	sql/postgresql/0009-scopes.sql \
	sql/postgresql/0010-webhooks.sql \
	sql/postgresql/0011-revisions.sql \
	sql/postgresql/0012-limits.sql

sqldir = $(pkgdatadir)/sql
dist_sql_DATA = $(migrations)
sqlrecorddir = $(sqldir)/postgresql
dist_sqlrecord_DATA = $(record_migrations)
