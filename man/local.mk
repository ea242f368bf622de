# SPDX-License-Identifier: ISC

dist_man_MANS = \
	man/rollcall.conf.5 \
	man/rollcalld.8
