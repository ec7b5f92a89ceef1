#!/usr/bin/env bash
# verify --mtls against a server of Go's crypto/tls: strict, and with each door left open in its turn.
. "$(dirname "$0")/lib.sh"
need go jq

# What go compiled of its library for other runs of this story is used again.
GOCACHE=$(HOME=$(getent passwd "$(id -u)" | cut -d: -f6) go env GOCACHE)
export GOCACHE
GO111MODULE=off GOFLAGS='' go build -o "$WORK/mtls_server" "$SOURCE/tests/e2e/mtls_server.go" >go.log 2>&1 ||
    skip "go does not build the server: $(head -n 3 go.log)"

expect_exit 0 signet ca init
expect_exit 0 signet issue localhost 127.0.0.1 --out server
expect_exit 0 signet issue worker.internal --client --out client

# doors MODE EXIT RESULT...: what verify --mtls says of that server, a result a door in their order.
doors() {
    local port
    port=$(free_port)
    start "$1" "$WORK/mtls_server" "$port" "$1"
    wait_for 20 port_open "$port"
    expect_exit "$2" signet verify "localhost:$port" --root client/ca.crt --cert client/tls.crt --key client/tls.key --mtls --json
    same "the doors of $1" "$(jq -r '[.mtls.doors[].result] | join(" ")' out)" "${*:3}"
    same "whether its own is accepted" "$(jq .mtls.accepted out)" true
    stop "$1"
}
R=refused O=open

step "strict"
doors strict 0 $R $R $R $R $R $R

step "one door open: no certificate, any certificate, expired ones, those for servers, old versions"
doors wish 1 $O $R $R $R $R $R
doors any 1 $R $O $O $O $R $R
doors timeless 1 $R $R $O $R $R $R
doors purposeless 1 $R $R $R $O $R $R
doors old 1 $R $R $R $R $O $O
