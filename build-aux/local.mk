# SPDX-License-Identifier: ISC

EXTRA_DIST += \
	build-aux/coverage \
	build-aux/embed.sh \
	build-aux/figures \
	build-aux/lint \
	build-aux/setup.sh \
	build-aux/valgrind

lint:
	cd $(srcdir) && CPPFLAGS='$(DEFS) -D_GNU_SOURCE -Isrc -DROLLCALL_CONF_DEFAULT=\"\" -DROLLCALL_WWW_DIR=\"\"' $(SHELL) build-aux/lint

format:
	cd $(srcdir) && $(SHELL) build-aux/lint --format

.PHONY: lint format
