# SPDX-License-Identifier: ISC

wwwdir = $(pkgdatadir)/www
dist_www_DATA = \
	www/rollcall.js
