# SPDX-License-Identifier: ISC
#
# Turns docs/EXISTING-SITE.md into a shell script that types it: blocks of sh are commands; the first line of other blocks names the
# file that they are. Of the sections of web servers only that called `server`, in lower case.
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
    # What it prints is copied into the shell by hand.
    if ($0 == "sudo rollcalld --init") print "sudo rollcalld --init >/init.out; cat /init.out; eval \"$(grep ^token= /init.out)\""
    else print
    # Some servers are started before they listen.
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
