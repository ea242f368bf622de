# SPDX-License-Identifier: ISC

dist_doc_DATA = \
	docs/ADMIN.md \
	docs/ARCHITECTURE.md \
	docs/BROWSER.md \
	docs/DEPLOY.md \
	docs/SERVERS.md \
	docs/demo.png \
	docs/openapi.yaml
