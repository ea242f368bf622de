# SPDX-License-Identifier: ISC

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	conf/Caddyfile \
	conf/apache.conf \
	conf/lighttpd.conf \
	conf/nginx.conf \
	conf/rollcall.conf
