#!/usr/bin/env bash
# scripts/bench, quickly: many clients at once, in trust mode and really validated over http-01, lose no order, and a
# nonce costs no write to the store. What it measures is not looked at here: this build and this machine are any.
. "$(dirname "$0")/lib.sh"
need jq python3

step "orders of eight clients at once, and nonces"
run "$SOURCE/scripts/bench" --quick --signet "$SIGNET" --acmeload "$ACMELOAD" --out "$WORK/results"
[ "$CODE" -eq 0 ] || { show_last; fail "scripts/bench found something wrong"; }
expect_out '^  signet-trust +trust +1 '
expect_out '^  signet-http01 +http-01 +8 '
expect_out '^  signet-trust +[0-9.]+ +1\.0 +[0-9]+ +0\.0[0-9]+$'

if [ -n "${SIGNET_VECTORS:-}" ]; then
    step "and the cases of verify --batch, every one answered"
    expect_out '^  signet verify --batch +[0-9]+ +[0-9]+ '
fi

step "what is wrong is told, with exit 1"
jq -c 'if .kind == "nonces" then .server.written_kb_each = 0.5 else . end' results >written
expect_exit 1 "$SOURCE/tests/bench/report" --check --any-build written
expect_err 'wrong: signet-trust, nonces: 0\.5 KB written for each'
jq -c 'if .kind == "load" then .errors = {"finalize: 500": 1} else . end' results >failed
expect_exit 1 "$SOURCE/tests/bench/report" --check --any-build failed
expect_err 'wrong: signet-http01, load, 8 clients: [0-9]+ done, errors .*finalize: 500'
jq -c 'if .idle then .idle.resident_mb = 1000 else . end' results >large
expect_exit 1 "$SOURCE/tests/bench/report" --check large
expect_err 'wrong: signet-trust, start: idle_mb is 1000\.0, more than 12'
