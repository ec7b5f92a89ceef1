#!/usr/bin/env bash
# Servers of one's own, by the examples of deploy/reload: they look at their files, need no signal, and check the names
# of their clients themselves, a SPIFFE URI first, then a DNS name. Renewed again and again under load.
# shellcheck disable=SC2119 # fresh and renewals without words
. "$(dirname "$0")/lib.sh"
need python3 openssl curl
. "$SOURCE/tests/e2e/reload_lib.bash"
RECIPES=$SOURCE/deploy/reload
REACHED=

# tries WHAT COMMAND...: it is started with PORT DIR NAME... and must do all of it.
tries() {
    step "$1"
    REACHED+=" ${1%% *}"
    start server "${@:2}" "$PORT" "$WORK/web" spiffe://mesh.internal/client other.internal
    wait_for 120 served
    list_holds
    renewals
    stop server
    start server "${@:2}" "$PORT" "$WORK/web" client.internal
    wait_for 60 served
    list_holds
    stop server
}

step "what signet-mtls(7) shows of them is cut from them"
# typed SECTION: what stands on the page below that heading as code. shown SECTION: the same, but for commands.
typed() {
    awk -v want=".SH \"$1\"" '/^\.SH/ { here = ($0 == want) } /^\.EX/ { on = 1; next } /^\.EE/ { on = 0 } here && on' "$SOURCE/man/signet-mtls.7" |
        sed "s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\(ga/\`/g; s/\\\\(ti/~/g; s/\\\\(ha/^/g; s/^\\\\&//; s/\\\\e/\\\\/g; s/^[ \t]*//"
}
shown() { typed "$1" | grep -v '^$\|^signet \|^keytool \|^(umask '; }
for recipe in JAVA:Server.java NODE:server.mjs GO:server.go; do
    sed 's/^[ \t]*//' "$RECIPES/${recipe#*:}" >lines
    shown "${recipe%:*}" >page
    [ -s page ] || fail "nothing of ${recipe#*:} is on the page"
    while IFS= read -r line; do
        grep -qxF -- "$line" lines || fail "a line of the page is not in ${recipe#*:}: $line"
    done <page
done

fresh
tries Python python3 "$RECIPES/server.py"

if command -v node >/dev/null; then
    fresh
    tries Node node "$RECIPES/server.mjs"
fi

if command -v javac >/dev/null; then
    step "the page makes the store that Java reads, and a password that is nobody else's"
    PORT=$(free_port)
    rm -rf web
    typed JAVA | grep '^(umask \|^signet issue \|^keytool ' | sed "s#/tls/#$WORK/#g; s#web\.internal#localhost#" >java.page
    same "commands of the page" "$(wc -l <java.page)" 3
    command -v keytool >/dev/null || sed -i '/^keytool /d' java.page
    while IFS= read -r line; do expect "$line" bash -euc "$line"; done <java.page
    ! command -v keytool >/dev/null || expect_out PrivateKeyEntry
    same "mode of the password file" "$(stat -c %a web.password)" 600
    mkdir classes
    expect "javac" javac -Xlint:all -Werror -d classes "$RECIPES/Server.java"
    tries Java java -cp classes Server
fi

GO=$(command -v go || true)
[ -n "$GO" ] || [ ! -x /usr/local/go/bin/go ] || GO=/usr/local/go/bin/go
if [ -n "$GO" ]; then
    # The standard library is compiled once for all runs, in the user's own cache.
    GOCACHE=$(getent passwd "$(id -u)" | cut -d: -f6)/.cache/go-build
    export GOCACHE GOFLAGS=-mod=mod GOTOOLCHAIN=local
    fresh
    expect "go build" "$GO" build -o server "$RECIPES/server.go"
    tries Go ./server
fi
echo "run with:$REACHED"
