# SPDX-License-Identifier: ISC

dist_doc_DATA = \
	CHANGELOG.md \
	CONTRIBUTING.md \
	README.md \
	SECURITY.md \
	docs/ADMIN.md \
	docs/ARCHITECTURE.md \
	docs/BROWSER.md \
	docs/DEPLOY.md \
	docs/ERRORS.md \
	docs/EXISTING-SITE.md \
	docs/GLOSSARY.md \
	docs/INTEGRATE.md \
	docs/RELIABILITY.md \
	docs/SERVERS.md \
	docs/STYLE.md \
	docs/demo.png \
	docs/how-it-works.svg \
	docs/soak.svg \
	docs/openapi.yaml

# Installed as INDEX.md, by install-data-hook: README.md is the project's own there.
EXTRA_DIST += docs/README.md
