# SPDX-License-Identifier: ISC

EXTRA_DIST += build-aux/embed.sh
