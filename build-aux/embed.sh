#!/bin/sh
# SPDX-License-Identifier: ISC
#
# embed.sh lua|sql|postgresql|text OUT.c FILE...
#
# Writes the text of the FILEs into a C source, one string literal a line, so that what is compiled reads like what was
# written and a message about line N means line N.
#
# lua: for each script NAME.lua, `const char presence_lua_NAME[]`. Before it come, in this order, NAME.head.lua, if it
#      exists, prelude.lua, and PART.part.lua for each PART that its line "-- Parts  PART..." names. The comment above
#      each says how many lines that is. A leading #! line is kept as an empty one.
# sql: the table `migrations` of src/directory/sql.h. schema.sql is version 1; NNNN-name.sql is version NNNN. They must
#      be given in order, without a gap.
# postgresql: the same for the table `record_migrations`, whose first version is 8.
# text: for each file NAME.conf or NAME, `const char text_NAME[]`, in lower case.
set -eu

[ $# -ge 3 ] || { echo "usage: embed.sh lua|sql|postgresql|text OUT.c FILE..." >&2; exit 2; }
kind=$1
out=$2
shift 2
new=$out.$$
trap 'rm -f "$new"' EXIT

fail() {
    echo "embed.sh: $*" >&2
    exit 1
}

# The lines of FILE as string literals.
literals() {
    tab=$(printf '\t')
    cr=$(printf '\r')
    # \? keeps trigraphs from coming about.
    sed -e '1s/^#!.*//' -e 's/[\\"?]/\\&/g' -e "s/$tab/\\\\t/g" -e "s/$cr/\\\\r/g" -e 's/.*/    "&\\n"/' "$1"
}

head_of_source() {
    echo "/* SPDX-License-Identifier: ISC */"
    echo "/* Made by build-aux/embed.sh: change the files named below instead. */"
    # ISO C promises literals of 4,095 bytes only; every compiler that we build with takes longer ones.
    echo "#pragma GCC diagnostic ignored \"-Woverlength-strings\""
}

# The files that come before the script FILE.
before() {
    folder=$(dirname "$1")
    [ ! -f "${1%.lua}.head.lua" ] || echo "${1%.lua}.head.lua"
    [ ! -f "$folder/prelude.lua" ] || echo "$folder/prelude.lua"
    for part in $(sed -n 's/^-- Parts  //p' "$1"); do
        echo "$folder/$part.part.lua"
    done
}

embed_lua() {
    for file; do
        case $file in prelude.lua | */prelude.lua | *.head.lua | *.part.lua) continue ;; esac
        before=$(before "$file")
        name=$(basename "$file" .lua | tr -c 'A-Za-z0-9\n' '_')
        # shellcheck disable=SC2086 # a list of names, which have no spaces
        lines=$([ -z "$before" ] || cat $before | wc -l)
        printf '\n/* %s, after %d lines of others. */\n' "${file##*/}" "${lines:-0}"
        echo "extern const char presence_lua_${name}[];"
        echo "const char presence_lua_${name}[] ="
        for part in $before "$file"; do
            [ -r "$part" ] || fail "$file: $part cannot be read"
            literals "$part"
        done
        echo "    \"\";"
    done
}

# embed_migrations TABLE FIRST FILE...
embed_migrations() {
    printf '#include "directory/sql.h"\n\n#include <stddef.h>\n\nconst struct migration %s[] = {\n' "$1"
    expected=$2
    shift 2
    for file; do
        name=$(basename "$file" .sql)
        case $name in
        schema) version=1 ;;
        [0-9][0-9][0-9][0-9]-*) version=$(expr "${name%%-*}" + 0) ;;
        *) fail "$file: neither schema.sql nor NNNN-name.sql" ;;
        esac
        [ "$version" -eq "$expected" ] || fail "$file: expected version $expected, not $version"
        expected=$((expected + 1))
        printf '    {%d, "%s",\n' "$version" "$name"
        literals "$file"
        echo "    },"
    done
    printf '    {0, NULL, NULL},\n};\n'
}

embed_sql() {
    embed_migrations migrations 1 "$@"
}

embed_postgresql() {
    embed_migrations record_migrations 8 "$@"
}

embed_text() {
    for file; do
        name=$(basename "$file" .conf | tr 'A-Z' 'a-z' | tr -c 'a-z0-9\n' '_')
        printf '\nextern const char text_%s[];\nconst char text_%s[] =\n' "$name" "$name"
        literals "$file"
        echo "    \"\";"
    done
}

for file; do
    [ -r "$file" ] || fail "$file: cannot be read"
done
case $kind in
lua | sql | postgresql | text) { head_of_source && "embed_$kind" "$@"; } >"$new" ;;
*) fail "unknown kind $kind: use lua, sql, postgresql or text" ;;
esac
mv "$new" "$out"
