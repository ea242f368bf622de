# SPDX-License-Identifier: ISC

wwwdir = $(pkgdatadir)/www
dist_www_DATA = \
	www/demo.js \
	www/icon.svg \
	www/index.html \
	www/package.json \
	www/rollcall-elements.js \
	www/rollcall-lists.js \
	www/rollcall-poll.js \
	www/rollcall-requests.js \
	www/rollcall-stream.js \
	www/rollcall-tabs.js \
	www/rollcall-util.js \
	www/rollcall.d.ts \
	www/rollcall.js \
	www/style.css
