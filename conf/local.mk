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
