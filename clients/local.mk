# SPDX-License-Identifier: ISC

# For applications: each is to be copied, or installed with the package manager of its language.
nobase_dist_pkgdata_DATA = \
	clients/node/LICENSE \
	clients/node/README.md \
	clients/node/package.json \
	clients/node/rollcall.d.ts \
	clients/node/rollcall.js \
	clients/php/LICENSE \
	clients/php/Rollcall.php \
	clients/php/composer.json \
	clients/python/LICENSE \
	clients/python/pyproject.toml \
	clients/python/rollcall.py
