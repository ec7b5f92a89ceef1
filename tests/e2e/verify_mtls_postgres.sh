#!/usr/bin/env bash
# verify --mtls --starttls postgres against PostgreSQL, whose clients need certificates, and with doors left open.
. "$(dirname "$0")/lib.sh"
need openssl jq setpriv
POSTGRES=$(find /usr/lib/postgresql -maxdepth 3 -name postgres -path '*/bin/*' 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$POSTGRES" ] || skip "PostgreSQL is not installed"
[ "$(id -u)" = 0 ] || skip "PostgreSQL does not run as its own user without root"

chmod 0711 "$WORK"
expect_exit 0 signet ca init
expect_exit 0 signet issue localhost 127.0.0.1 --out server --owner postgres
expect_exit 0 signet issue signet --client --out client
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups env -C / "$@"; }
install -d -o postgres -m 0700 data
as_postgres "$(dirname "$POSTGRES")/initdb" -D "$WORK/data" -A reject -N >initdb.log 2>&1 || { cat initdb.log; fail "initdb"; }
cp -p data/postgresql.conf plain.conf

# doors NAME EXIT METHOD OLDEST RESULT...: hosts come in by this method of pg_hba.conf, with TLS from this version on.
doors() {
    local name=$1 code=$2 method=$3 oldest=$4 port
    shift 4
    port=$(free_port)
    {
        cat plain.conf
        printf "ssl = on\nssl_cert_file = '%s'\nssl_key_file = '%s'\nssl_ca_file = '%s'\n" \
            "$WORK/server/tls.crt" "$WORK/server/tls.key" "$WORK/server/ca.crt"
        printf "ssl_min_protocol_version = '%s'\nssl_ciphers = 'ALL:@SECLEVEL=0'\n" "$oldest"
        printf "port = %s\nunix_socket_directories = ''\nlisten_addresses = '127.0.0.1'\nfsync = off\n" "$port"
    } >data/postgresql.conf
    printf 'hostssl all all all %s\n' "$method" >data/pg_hba.conf
    start "$name" setpriv --reuid=postgres --regid=postgres --clear-groups "$POSTGRES" -D "$WORK/data"
    wait_for 60 port_open "$port"
    expect_exit "$code" signet verify "localhost:$port" --starttls postgres --root client/ca.crt --cert client/tls.crt \
        --key client/tls.key --mtls --json
    same "the doors of $name" "$(jq -r '[.mtls.doors[].result] | join(" ")' out)" "$*"
    same "whether its own is accepted" "$(jq .mtls.accepted out)" true
    stop "$name" INT
}
R=refused O=open

step "clientcert=verify-full"
doors strict 0 'trust clientcert=verify-full' TLSv1.2 $R $R $R $R $R $R
step "certificates that nobody has to show"
doors wish 1 trust TLSv1.2 $O $R $R $R $R $R
step "old versions"
doors old 1 'trust clientcert=verify-full' TLSv1 $R $R $R $R $O $O
