# SPDX-License-Identifier: ISC

dist_doc_DATA = \
	docs/ARCHITECTURE.md \
	docs/BROWSER.md \
	docs/DEPLOY.md \
	docs/SERVERS.md \
	docs/demo.png \
	docs/openapi.yaml
