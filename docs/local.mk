# SPDX-License-Identifier: ISC

dist_doc_DATA = \
	docs/ARCHITECTURE.md
