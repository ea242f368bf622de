# SPDX-License-Identifier: ISC

# ROLLCALL_LIBRARY(NAME, MODULE, DEBIAN-PACKAGE)
# A library that must be there. Its headers count as the system's: what they warn of is not for us to mend.
AC_DEFUN([ROLLCALL_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2], [],
  [AC_MSG_ERROR([$2 is missing (Debian: apt-get install $3)
$[]$1[]_PKG_ERRORS])])
AC_SUBST([$1_CFLAGS], [`AS_ECHO(["$$1_CFLAGS"]) | sed 's/-I/-isystem /g'`])
])

# ROLLCALL_HEADER(HEADER, DEBIAN-PACKAGE)
AC_DEFUN([ROLLCALL_HEADER], [
AC_CHECK_HEADER([$1], [], [AC_MSG_ERROR([$1 is missing (Debian: apt-get install $2)])])
])

# ROLLCALL_FLAG(VARIABLE, FLAG, [LINKED])
# Adds FLAG to VARIABLE if the compiler (and the linker, if LINKED is not empty) accepts it without a warning.
AC_DEFUN([ROLLCALL_FLAG], [
AS_VAR_PUSHDEF([cache], [rollcall_cv_flag_$2])
AC_CACHE_CHECK([whether $CC takes $2], [cache], [
  flag_cflags_before=$CFLAGS
  CFLAGS="$CFLAGS -Werror $2"
  m4_ifval([$3],
    [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]], [[char a[8]; strcpy(a, "x"); return a[1];]])],
      [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]], [[char a[8]; strcpy(a, "x"); return a[1];]])],
      [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])])
  CFLAGS=$flag_cflags_before
])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([cache])
])

# ROLLCALL_WARNINGS
# Sets WARN_CFLAGS: those of our warnings that the compiler knows.
AC_DEFUN([ROLLCALL_WARNINGS], [
WARN_CFLAGS=
m4_foreach_w([warning], [-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wconversion -Wno-sign-conversion -Wformat=2 -Wvla -Wundef -Wnull-dereference -Wpointer-arith
    -Wlogical-op -Wduplicated-cond -Wduplicated-branches],
  [ROLLCALL_FLAG([WARN_CFLAGS], warning)])
AS_IF([test "$enable_werror" = yes], [AS_VAR_APPEND([WARN_CFLAGS], [" -Werror"])])
AC_SUBST([WARN_CFLAGS])
])

# ROLLCALL_HARDENING
# Sets HARDEN_CFLAGS and HARDEN_LDFLAGS. FORTIFY needs an optimizing compiler, and sanitizers do better without it.
AC_DEFUN([ROLLCALL_HARDENING], [
HARDEN_CFLAGS=
HARDEN_LDFLAGS=
AS_IF([test "$enable_hardening" = yes], [
  ROLLCALL_FLAG([HARDEN_CFLAGS], [-fPIE])
  ROLLCALL_FLAG([HARDEN_CFLAGS], [-fstack-protector-strong], [linked])
  ROLLCALL_FLAG([HARDEN_CFLAGS], [-fstack-clash-protection])
  ROLLCALL_FLAG([HARDEN_CFLAGS], [-fcf-protection])
  ROLLCALL_FLAG([HARDEN_LDFLAGS], [-pie], [linked])
  ROLLCALL_FLAG([HARDEN_LDFLAGS], [-Wl,-z,relro], [linked])
  ROLLCALL_FLAG([HARDEN_LDFLAGS], [-Wl,-z,now], [linked])
  AS_IF([test "$enable_sanitizers" = no],
    [ROLLCALL_FLAG([HARDEN_CFLAGS], [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2])])
])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
])

# ROLLCALL_SANITIZERS
# Sets SANITIZE_CFLAGS.
AC_DEFUN([ROLLCALL_SANITIZERS], [
SANITIZE_CFLAGS=
AS_IF([test "$enable_sanitizers" = yes], [
  ROLLCALL_FLAG([SANITIZE_CFLAGS], [-fsanitize=address,undefined], [linked])
  AS_IF([test -z "$SANITIZE_CFLAGS"],
    [AC_MSG_ERROR([this compiler has no sanitizers; try CC=clang (Debian: apt-get install clang)])])
  AS_VAR_APPEND([SANITIZE_CFLAGS], [" -fno-sanitize-recover=undefined -fno-omit-frame-pointer"])
])
AC_SUBST([SANITIZE_CFLAGS])
])

# ROLLCALL_FUZZERS
# Adds to SANITIZE_CFLAGS what libFuzzer needs of the code it drives, and sets FUZZ_LDFLAGS.
AC_DEFUN([ROLLCALL_FUZZERS], [
FUZZ_LDFLAGS=
AS_IF([test "$enable_fuzzers" = yes], [
  fuzz_sanitize_before=$SANITIZE_CFLAGS
  ROLLCALL_FLAG([SANITIZE_CFLAGS], [-fsanitize=fuzzer-no-link])
  AS_IF([test "$SANITIZE_CFLAGS" = "$fuzz_sanitize_before"],
    [AC_MSG_ERROR([this compiler has no libFuzzer; try CC=clang (Debian: apt-get install clang)])])
  FUZZ_LDFLAGS=-fsanitize=fuzzer
])
AC_SUBST([FUZZ_LDFLAGS])
])

# ROLLCALL_COVERAGE
# Sets COVERAGE_CFLAGS and COVERAGE_LDFLAGS. Counters are mapped to a file (%c), so that what a process ran counts even if it is
# killed, and what its children ran. All processes of one program share a file (%m). Asserts are left out: nobody should see one fail.
AC_DEFUN([ROLLCALL_COVERAGE], [
COVERAGE_CFLAGS=
COVERAGE_LDFLAGS=
AS_IF([test "$enable_coverage" = yes], [
  ROLLCALL_FLAG([COVERAGE_CFLAGS], [-fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation])
  AS_IF([test -z "$COVERAGE_CFLAGS"],
    [AC_MSG_ERROR([this compiler cannot measure coverage; try CC=clang (Debian: apt-get install clang)])])
  COVERAGE_CFLAGS="$COVERAGE_CFLAGS -Wno-unused-command-line-argument -DNDEBUG -fprofile-instr-generate='\$(abs_builddir)/profiles/%c%m.profraw'"
  COVERAGE_LDFLAGS=-fprofile-instr-generate
])
AC_SUBST([COVERAGE_CFLAGS])
AC_SUBST([COVERAGE_LDFLAGS])
])
