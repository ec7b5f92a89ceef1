# shellcheck shell=bash disable=SC2034
# The servers that scripts/bench measures. For each NAME (dashes as underscores):
#   prepare_NAME   makes what it needs under $WORK/NAME; where it cannot run here, says why on standard output and fails
#   command_NAME   sets COMMAND, DIRECTORY (the URL) and ENVIRONMENT for the free ports PORT and PORT + 1
# MODE[NAME] is trust (nothing is validated) or http-01 (really validated: any name is asked for at $DNS, and answered
# at $HTTP01); STORE[NAME] is the directory whose size counts.
declare -A MODE=([signet-trust]=trust [signet-http01]=http-01 [pebble-trust]=trust [pebble-http01]=http-01
    [step-ca]=http-01 [caddy]=http-01)
declare -A STORE=()
VALIDATION=127.0.0.77
STEP_CA_VERSION=v0.30.2

prepare_signet() {
    local directory=$WORK/$1
    STORE[$1]=$directory/store
    mkdir -p "$directory"
    "$SIGNET" --store "$directory/store" ca init >"$directory/init.log" 2>&1 || { cat "$directory/init.log"; return 1; }
    # Rows of orders end sooner than they do by default, so that the store's size without them is seen.
    sed -i 's/^ *#* *order_lifetime = .*/order_lifetime = "2m"/; s/^ *#* *authorization_lifetime = .*/authorization_lifetime = "2m"/' \
        "$directory/store/signet.toml"
}
prepare_signet_trust() { prepare_signet signet-trust; }
prepare_signet_http01() { prepare_signet signet-http01; }

command_signet() {
    DIRECTORY=https://localhost:$PORT/acme/directory
    COMMAND=("$SIGNET" --store "${STORE[$1]}" serve-acme --auth "$2" --hostname localhost --listen "127.0.0.1:$PORT"
        --http-listen "127.0.0.1:$((PORT + 1))" --resolver "$DNS" --http01-port "${HTTP01##*:}" --allow-target 127.0.0.0/8)
}
command_signet_trust() { command_signet signet-trust trust; }
command_signet_http01() { command_signet signet-http01 challenge; }

# Keeps all in memory. Told never to sleep and never to refuse a good nonce.
prepare_pebble() {
    command -v pebble >/dev/null || { echo "pebble is not installed (Debian package pebble)"; return 1; }
    mkdir -p "$WORK/$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1/tls.key" -out "$WORK/$1/tls.crt" \
        -subj /CN=localhost -days 3 -addext subjectAltName=DNS:localhost 2>"$WORK/$1/log"
}
prepare_pebble_trust() { prepare_pebble pebble-trust; }
prepare_pebble_http01() { prepare_pebble pebble-http01; }

command_pebble() {
    DIRECTORY=https://localhost:$PORT/dir
    jq -n --arg port "$PORT" --arg management "$((PORT + 1))" --arg at "$WORK/$1" --argjson http "${HTTP01##*:}" \
        '{pebble: {listenAddress: "127.0.0.1:\($port)", managementListenAddress: "127.0.0.1:\($management)",
            certificate: "\($at)/tls.crt", privateKey: "\($at)/tls.key", httpPort: $http, tlsPort: 5001}}' >"$WORK/$1/pebble.json"
    ENVIRONMENT=(PEBBLE_VA_ALWAYS_VALID="$2" PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0)
    COMMAND=(pebble -config "$WORK/$1/pebble.json" -dnsserver "$DNS")
}
command_pebble_trust() { command_pebble pebble-trust 1; }
command_pebble_http01() { command_pebble pebble-http01 0; }

# What `step ca init --acme` writes, with the keys of a CA that signet made: its default store (Badger, durable).
prepare_step_ca() {
    STEP_CA=${STEP_CA_BIN:-$BUILD/peers/step-ca}
    if [ ! -x "$STEP_CA" ]; then
        command -v go >/dev/null || { echo "step-ca is not there, and there is no go to build it (or set STEP_CA_BIN)"; return 1; }
        say "building step-ca $STEP_CA_VERSION, once" >&2
        CGO_ENABLED=0 GOBIN=$BUILD/peers go install "github.com/smallstep/certificates/cmd/step-ca@$STEP_CA_VERSION" \
            >"$WORK/step-ca.log" 2>&1 || { echo "step-ca does not build: $(tail -n 1 "$WORK/step-ca.log")"; return 1; }
    fi
    mkdir -p "$WORK/step-ca"
    STORE[step-ca]=$WORK/step-ca/db
    "$SIGNET" -q --store "$WORK/step-ca/made" ca init >"$WORK/step-ca/init.log" 2>&1
}
command_step_ca() {
    DIRECTORY=https://localhost:$PORT/acme/acme/directory
    jq -n --arg at "$WORK/step-ca" --arg port "$PORT" '($at + "/made/authorities/default") as $ca |
        {root: "\($ca)/root.crt", crt: "\($ca)/issuing.crt", key: "\($ca)/issuing.key", address: "127.0.0.1:\($port)",
         dnsNames: ["localhost", "127.0.0.1"], logger: {format: "text"}, db: {type: "badgerv2", dataSource: "\($at)/db"},
         authority: {provisioners: [{type: "ACME", name: "acme"}]},
         tls: {minVersion: 1.2, maxVersion: 1.3, renegotiation: false}}' >"$WORK/step-ca/ca.json"
    ENVIRONMENT=(STEPPATH="$WORK/step-ca")
    COMMAND=("$STEP_CA" "$WORK/step-ca/ca.json" --insecure --acme-http-port "${HTTP01##*:}" --resolver "$DNS")
}

# acme_server behind Caddy's internal issuer (bbolt, durable). It takes neither a port for http-01 nor a resolver: both
# are the system's, so it gets a resolv.conf of its own.
prepare_caddy() {
    command -v caddy >/dev/null || { echo "caddy is not installed (Debian package caddy)"; return 1; }
    caddy list-modules 2>/dev/null | grep -q acme_server || { echo "this caddy has no acme_server"; return 1; }
    [ "$(id -u)" -eq 0 ] || { echo "caddy validates on port 80 through /etc/resolv.conf only: that needs root here"; return 1; }
    mkdir -p "$WORK/caddy"
    STORE[caddy]=$WORK/caddy/data
    echo "nameserver $VALIDATION" >"$WORK/caddy/resolv.conf"
}
command_caddy() {
    DIRECTORY=https://localhost:$PORT/acme/local/directory
    printf '{\n admin off\n skip_install_trust\n auto_https disable_redirects\n http_port %d\n https_port %d\n}\n%s' "$((PORT + 1))" "$PORT" \
        "https://localhost:$PORT {
 bind 127.0.0.1
 tls internal
 acme_server
}
" >"$WORK/caddy/Caddyfile"
    ENVIRONMENT=(HOME="$WORK/caddy" XDG_DATA_HOME="$WORK/caddy/data" XDG_CONFIG_HOME="$WORK/caddy/config")
    # shellcheck disable=SC2016
    COMMAND=(unshare -m sh -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' sh "$WORK/caddy/resolv.conf"
        caddy run --config "$WORK/caddy/Caddyfile" --adapter caddyfile)
    HTTP01=$VALIDATION:80 DNS=$VALIDATION:53
}
