# SPDX-License-Identifier: ISC

dist_man_MANS = \
	man/rollcall-api.7 \
	man/rollcall.conf.5 \
	man/rollcalld.8
