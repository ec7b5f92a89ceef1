#!/usr/bin/env bash
# What the HTTPS listener agrees to, asked by openssl: TLS 1.2 and up, strong suites only, sessions that resume, no
# renegotiation.
. "$(dirname "$0")/lib.sh"
need curl openssl

expect_exit 0 signet ca init
root=$SIGNET_STORE/authorities/default/root.crt
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost
port=$(sed -E 's#.*:([0-9]+)/.*#\1#' <<<"$READY")
shake() { openssl s_client -connect "127.0.0.1:$port" -servername localhost -CAfile "$root" -verify_return_error "$@"; }

step "TLS 1.2 and 1.3, nothing below"
expect "TLS 1.2" shake -tls1_2
expect_out 'ECDHE-ECDSA-(AES|CHACHA20)'
expect "TLS 1.3" shake -tls1_3
for version in tls1 tls1_1; do
    refuse "$version is accepted" shake "-$version" -cipher 'ALL:@SECLEVEL=0'
    expect_err 'alert protocol version|unsupported protocol|no protocols available'
done

step "suites without forward secrecy or without AEAD are refused"
for suite in AES128-SHA AES128-GCM-SHA256 ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA384 DHE-RSA-AES128-GCM-SHA256 \
    ECDHE-ECDSA-DES-CBC3-SHA NULL-SHA256 ADH-AES128-SHA; do
    refuse "$suite is accepted" shake -tls1_2 -cipher "$suite:@SECLEVEL=0"
done
refuse "a ClientHello without any suite of ours is answered" shake -tls1_2 -cipher 'ALL:!ECDHE:@SECLEVEL=0'
expect_err 'handshake failure'

step "sessions resume"
request() { printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' | shake -ign_eof "$@"; }
for version in tls1_2 tls1_3; do
    request "-$version" -sess_out session.pem >first.out 2>&1 || true
    grep -q '^New, TLSv1' first.out || { cat first.out; fail "the first handshake of $version"; }
    request "-$version" -sess_in session.pem >second.out 2>&1 || true
    grep -q '^Reused, TLSv1' second.out || { cat second.out; fail "$version does not resume"; }
    grep -q '"status":"ok"' second.out || fail "a resumed session serves nothing"
done
resumed=$(curl -s --cacert "$root" "https://localhost:$port/metrics" | sed -n 's/^signet_tls_handshakes_total{result="resumed"} //p')
[ "$resumed" -ge 2 ] || fail "the metrics know of $resumed resumed sessions"

step "no renegotiation"
refused() { grep -q 'no renegotiation' renegotiation.out; }
(
    printf 'R\n'
    wait_for 20 refused
) | shake -tls1_2 >renegotiation.out 2>&1 || true
grep -q RENEGOTIATING renegotiation.out || fail "openssl did not ask for it"
grep -q 'no renegotiation' renegotiation.out || { cat renegotiation.out; fail "it was not refused"; }

step "another protocol than HTTP/1.1 is refused, none at all is fine"
expect "http/1.1" shake -alpn http/1.1
expect_out 'ALPN protocol: http/1.1'
refuse "h2 alone is accepted" shake -alpn h2
same "still there" "$(curl -s --cacert "$root" "https://localhost:$port/health")" '{"status":"ok","ca_initialized":true}'
