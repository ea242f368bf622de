# SPDX-License-Identifier: ISC

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	conf/Caddyfile \
	conf/apache-cgi.conf \
	conf/apache.conf \
	conf/lighttpd-cgi.conf \
	conf/lighttpd-spawn.conf \
	conf/lighttpd.conf \
	conf/nginx.conf \
	conf/rollcall.conf \
	conf/systemd/rollcalld.service \
	conf/systemd/rollcalld.socket

# They name what a package for Debian would install; what is installed here names what is installed here. So do the links of README.
install-data-hook:
	for file in $(dist_examples_DATA); do \
	    name=$(DESTDIR)$(examplesdir)/$${file##*/}; \
	    sed -e 's|/usr/sbin\>|$(sbindir)|g' -e 's|/usr/share/rollcall/www|$(wwwdir)|g' \
	        -e 's|/etc/rollcall/|$(sysconfdir)/rollcall/|g' $(srcdir)/$$file > $$name || exit 1; \
	done
	sed -e 's|](docs/|](|g' -e 's|](conf/|](examples/|g' $(srcdir)/README.md > $(DESTDIR)$(docdir)/README.md
.PHONY: install-data-hook
