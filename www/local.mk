# SPDX-License-Identifier: ISC

wwwdir = $(pkgdatadir)/www
dist_www_DATA = \
	www/demo.js \
	www/icon.svg \
	www/index.html \
	www/package.json \
	www/rollcall-lists.js \
	www/rollcall.d.ts \
	www/rollcall.js \
	www/style.css
