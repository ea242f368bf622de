# SPDX-License-Identifier: ISC

EXTRA_DIST += \
	build-aux/analyze \
	build-aux/coverage \
	build-aux/demo.sh \
	build-aux/embed.sh \
	build-aux/figures \
	build-aux/lint \
	build-aux/setup.sh \
	build-aux/valgrind \
	build-aux/valgrind.supp

# For tools that look at the sources without building them.
look_cppflags = $(DEFS) $(PQ_CFLAGS) -D_GNU_SOURCE -Isrc -DROLLCALL_CONF_DEFAULT=\"\" -DROLLCALL_WWW_DIR=\"\" \
	-DROLLCALL_DOC_DIR=\"\"

lint:
	cd $(srcdir) && CPPFLAGS='$(look_cppflags)' $(SHELL) build-aux/lint

analyze:
	cd $(srcdir) && CPPFLAGS='$(look_cppflags)' $(SHELL) build-aux/analyze

format:
	cd $(srcdir) && $(SHELL) build-aux/lint --format

.PHONY: lint analyze format
