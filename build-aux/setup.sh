# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# What ./quickstart, ./runtests and build-aux/lint share: packages and the build. A script reads it with `. build-aux/setup.sh`
# after it has changed to the top of the checkout.

# shellcheck disable=SC2034 # used by those who read this

# What Rollcall is built from.
packages_build='gcc make libc6-dev autoconf automake pkg-config libfcgi-dev libevent-dev libhiredis-dev libjansson-dev
    libsqlite3-dev libconfuse-dev libssl-dev libjwt-dev libpq-dev uthash-dev libcurl4-openssl-dev'
# What it runs with.
packages_run='redis-server lighttpd curl'

say() {
    printf '%s\n' "$*"
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
    for package; do
        status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || status=
        case $status in ii*) ;; *) printf ' %s' "$package" ;; esac
    done
}

# patiently COMMAND...: runs COMMAND, which needs some server, and if it fails up to twice more, after a while.
patiently() {
    for seconds in 5 20; do
        "$@" && return
        sleep $seconds
    done
    "$@"
}

# install_packages PACKAGE...: runs apt-get as root, without questions, and without starting services: ours are private.
install_packages() {
    set -- apt-get install -y --no-install-recommends "$@"
    log=$(mktemp)
    no_services='if [ ! -e /usr/sbin/policy-rc.d ]; then
            trap "rm -f /usr/sbin/policy-rc.d" EXIT
            printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update && "$@" -o DPkg::Lock::Timeout=120'
    if [ "$(id -u)" -eq 0 ]; then
        patiently sh -c "$no_services" sh "$@" >"$log" 2>&1
    else
        # shellcheck disable=SC2024 # the log is ours
        sudo true && patiently sudo sh -c "$no_services" sh "$@" >"$log" 2>&1
    fi || {
        tail -n 15 "$log" >&2
        rm -f "$log"
        fail "could not install the packages; install them by hand: $*"
    }
    rm -f "$log"
}

# need_packages PACKAGE...: installs those that are missing. If none is, no server is asked.
need_packages() {
    command -v dpkg-query >/dev/null 2>&1 || return 0 # not Debian: configure reports what is missing
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        fail "these packages are missing; install them first: apt-get install$missing"
    fi
    say "Installing$missing"
    # shellcheck disable=SC2086 # one word a package
    install_packages $missing
}

# npm_quietly FAILURE ARGUMENT...: runs npm with ARGUMENTs. Only if it fails, shows its last lines and fails with FAILURE.
npm_quietly() {
    failure=$1
    shift
    log=$(mktemp)
    patiently npm "$@" --loglevel=error --no-audit --no-fund --no-progress >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "$failure"
    }
    rm -f "$log"
}

# need_node: makes `node` version 20 or later: the system's, or else one that npm installs.
need_node() {
    [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ] || return 0
    command -v npm >/dev/null 2>&1 || need_packages npm
    if [ ! -x tests/.node/node_modules/.bin/node ]; then
        say "Installing Node 22 in tests/.node"
        npm_quietly "Node 20 or later is needed, and npm could not install it" install --prefix tests/.node node@22
    fi
    PATH=$PWD/tests/.node/node_modules/.bin:$PATH
}

# need_modules DIR: installs the npm packages of its package-lock.json, unless they are installed.
need_modules() {
    [ ! -e "$1/package-lock.json" ] && return 0
    [ -z "$(find "$1/node_modules/.package-lock.json" -newer "$1/package-lock.json" 2>/dev/null)" ] || return 0
    command -v npm >/dev/null 2>&1 || need_packages npm
    say "Installing npm packages in $1"
    npm_quietly "npm could not install the packages of $1" ci --prefix "$1"
    touch "$1/node_modules/.package-lock.json"
}

# quietly LOG COMMAND...: runs COMMAND with its output in LOG, and shows the end of LOG if it fails.
quietly() {
    log=$1
    shift
    "$@" >>"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        fail "$* failed; its whole output is in $log"
    }
}

# build_in DIR CONFIGURE-ARGUMENT...: builds the checkout in DIR and sets $built to where the build is. A checkout that was
# configured in place is built there, since automake refuses to build it elsewhere, too.
build_in() {
    built=$1
    shift
    [ ! -e config.status ] || built=.
    mkdir -p "$built"
    top=$(pwd)
    log=$top/$built/build.log
    : >"$log"
    [ -e configure ] || quietly "$log" ./bootstrap
    [ -e "$built/Makefile" ] || (cd "$built" && quietly "$log" "$top/configure" "$@") || exit 1
    # make itself runs bootstrap and configure again if their sources have changed.
    quietly "$log" make -C "$built" -j "$(nproc)"
}
