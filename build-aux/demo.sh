# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# The people of the demo, and their life, by curl: shared by ./quickstart and the demo in containers. A script that reads this has
# fail MESSAGE, and sets $url, where the site is; $admin, an administrator's token; and $dir, a directory of its own.
# shellcheck disable=SC2154 # these three

# ---- the people ----

# user, TAB, name
people() {
    cat <<'END'
ada	Ada Okafor
ananya	अनन्या शर्मा
fatima	فاطمة الزهراء
hanh	Nguyễn Thị Hạnh
jurgen	Jürgen Weiß
lukasz	Łukasz Nowak
maria	Мария Иванова
minjun	김민준
sakura	田中さくら
sofia	Σοφία Παπαδοπούλου
tea	Téa Bâ
zoe	Zoë O'Neill
END
}

# ask TOKEN METHOD PATH [BODY]: prints the answer of the API.
ask() {
    curl -fsS --max-time 10 -X "$2" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' ${4+--data-binary "$4"} \
        "$url/presence/v1$3"
}

# field NAME: prints that text field of the JSON object on standard input.
field() {
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# make_demo: makes the workspace with its members, and tokens for them in $dir/tokens. Prints what the page needs, as demo.json.
make_demo() {
    ask "$admin" PUT /admin/workspaces/demo '{"name":"Demo"}' >"$dir/answer" || fail "could not create the workspace"
    people | sed 's/\(.*\)	\(.*\)/{"user":"\1","name":"\2"}/' >"$dir/people.ndjson"
    ask "$admin" POST /admin/workspaces/demo/members "$(cat "$dir/people.ndjson")" >"$dir/answer" || fail "could not add the members"
    mkdir "$dir/tokens"
    comma=
    people | while IFS='	' read -r user name; do
        ask "$admin" POST /admin/tokens "{\"user\":\"$user\",\"label\":\"demo\"}" | field token >"$dir/tokens/$user"
        printf '%s{"user":"%s","name":"%s","token":"%s"}' "$comma" "$user" "$name" "$(cat "$dir/tokens/$user")"
        comma=,
    done >"$dir/people.json"
    printf '{"url":"/presence","workspace":"demo","people":[%s]}\n' "$(cat "$dir/people.json")"
}

# open_dm USER PARTICIPANTS [NAME]: PARTICIPANTS are JSON strings, without USER.
open_dm() {
    ask "$(cat "$dir/tokens/$1")" POST /workspaces/demo/dms "{\"participants\":[$2]${3+,\"name\":\"$3\"}}" >"$dir/answer" ||
        fail "could not open a conversation"
}

make_conversations() {
    open_dm ada '"maria"'
    open_dm ada '"zoe"'
    open_dm ada '"sakura"'
    open_dm jurgen '"ada"'
    open_dm ada '"lukasz","minjun","tea"' 'Lunch'
    open_dm sofia '"fatima"'
}

# ---- life ----

# act USER ENDPOINT BODY
act() {
    ask "$(cat "$dir/tokens/$1")" POST "/workspaces/demo/$2" "$3" >/dev/null 2>&1
}

# is USER STATUS: joins with STATUS, or changes to it.
is() {
    act "$1" join "{\"session\":\"the-demo\",\"status\":\"$2\"}"
}

everyone() {
    is jurgen active
    is maria active
    is minjun active
    is sakura away
    is fatima away
}

# Zoe comes and goes, Lukasz changes between active and away; the others stay as they are.
live() {
    turn=0
    while :; do
        case $((turn % 8)) in
        1) is zoe active ;;
        3) is lukasz active ;;
        5) act zoe leave '{"session":"the-demo","now":true}' ;;
        7) is lukasz away ;;
        esac
        [ $((turn % 15)) -ne 14 ] || everyone
        turn=$((turn + 1))
        for _ in 1 2 3 4; do sleep 0.5; done
    done
}
