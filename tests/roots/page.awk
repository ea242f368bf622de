# SPDX-License-Identifier: ISC
#
# Turns docs/EXISTING-SITE.md into a shell script that types it: sh blocks are commands; the first line of any other block names the
# file to write it to. Of the web servers' sections only the one called `server`, in lower case, is used.
/^### / { skip = 0; name = tolower($2); if (name ~ /^(apache|nginx|lighttpd)$/) skip = name != server }
/^## / { skip = 0 }
/^```/ {
    language = inside ? "" : substr($0, 4)
    inside = !inside
    first = inside
    if (!inside && file) print "END_OF_FILE"
    file = ""
    next
}
!inside || skip || language == "console" || language == "" { next }
language == "sh" {
    # A person copies what it prints into the shell.
    if ($0 == "sudo rollcalld --init") print "sudo rollcalld --init >/init.out; cat /init.out; eval \"$(grep ^token= /init.out)\""
    else print
    # Some servers listen only a moment after the restart.
    if (/systemctl restart (apache2|nginx|lighttpd)/) print "until curl -s -o /dev/null https://www.example.org/; do sleep 0.1; done"
    next
}
first {
    first = 0
    if (!match($0, /\/[a-z][^ ]*/)) { print "echo \"a block of " language " names no file\"; exit 1"; next }
    file = substr($0, RSTART, RLENGTH)
    print "cat >" file " <<'END_OF_FILE'"
}
file { print }
