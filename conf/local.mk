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

grafanadir = $(examplesdir)/grafana
dist_grafana_DATA = conf/grafana/rollcall.json
prometheusdir = $(examplesdir)/prometheus
dist_prometheus_DATA = conf/prometheus/rollcall.rules.yml

# The files in the source name the places of the Debian package, and link across directories. As installed they name the
# places of this installation.
install-data-hook:
	for file in $(dist_examples_DATA); do \
	    name=$(DESTDIR)$(examplesdir)/$${file##*/}; \
	    sed -e 's|/usr/sbin\>|$(sbindir)|g' -e 's|/usr/share/rollcall/www|$(wwwdir)|g' \
	        -e 's|/etc/rollcall/|$(sysconfdir)/rollcall/|g' $(srcdir)/$$file > $$name || exit 1; \
	done
	for file in CONTRIBUTING.md README.md docs/ADMIN.md docs/ARCHITECTURE.md docs/EXISTING-SITE.md docs/INTEGRATE.md \
	    docs/SERVERS.md docs/STYLE.md; do \
	    sed -e 's|](docs/README.md|](INDEX.md|g' -e 's|](docs/|](|g' -e 's|](conf/|](examples/|g' -e 's|](\.\./|](|g' \
	        -e 's|/usr/share/rollcall/|$(pkgdatadir)/|g' -e 's|/usr/share/doc/rollcall|$(docdir)|g' $(srcdir)/$$file \
	        > $(DESTDIR)$(docdir)/$${file##*/} || exit 1; \
	done
	sed -e 's|](\.\./conf/|](examples/|g' -e 's|](\.\./|](|g' $(srcdir)/docs/README.md > $(DESTDIR)$(docdir)/INDEX.md

uninstall-hook:
	rm -f $(DESTDIR)$(docdir)/INDEX.md
.PHONY: install-data-hook uninstall-hook

# For compose.yaml.
EXTRA_DIST += \
	conf/container/demo \
	conf/container/lighttpd.conf \
	conf/container/rollcall.conf
