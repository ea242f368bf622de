# SPDX-License-Identifier: ISC

wwwdir = $(pkgdatadir)/www
dist_www_DATA = \
	www/LICENSE \
	www/README.md \
	www/admin-api.js \
	www/admin-dom.js \
	www/admin-forms.js \
	www/admin-health.js \
	www/admin-listing.js \
	www/admin-people.js \
	www/admin-tokens.js \
	www/admin-webhooks.js \
	www/admin-workspaces.js \
	www/admin.css \
	www/admin.html \
	www/admin.js \
	www/demo.js \
	www/icon.svg \
	www/index.html \
	www/package.json \
	www/rollcall-create.js \
	www/rollcall-elements.js \
	www/rollcall-form.js \
	www/rollcall-lists.js \
	www/rollcall-manual.js \
	www/rollcall-me.js \
	www/rollcall-menu.js \
	www/rollcall-places.js \
	www/rollcall-poll.js \
	www/rollcall-requests.js \
	www/rollcall-rows.js \
	www/rollcall-self.js \
	www/rollcall-status.js \
	www/rollcall-stream.js \
	www/rollcall-tabs.js \
	www/rollcall-typing.js \
	www/rollcall-util.js \
	www/rollcall-who.js \
	www/rollcall.d.ts \
	www/rollcall.js \
	www/style.css
