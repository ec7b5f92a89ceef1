#!/usr/bin/env bash
# The recipes of deploy/reload and of signet-mtls(7), each with the real program: renewed again and again under load, no handshake fails, the
# new certificate is served, and the list of clients holds.
. "$(dirname "$0")/lib.sh"
need python3 openssl curl

[ "$(id -u)" -eq 0 ] || skip "the recipes give files to other users, which needs root"
. "$SOURCE/tests/e2e/reload_lib.bash"
# recipe FILE: with this story's paths and port.
recipe() { sed "s#/tls/web#$WORK/web#g; s#8443#$PORT#; s#/run/#$WORK/#; s#/var/www/html#$WORK/www#" "$SOURCE/deploy/reload/$1"; }

step "signet-mtls(7) shows the recipes as they are"
PAGE=$SOURCE/man/signet-mtls.7
awk '/^\.EX/ { on = 1; next } /^\.EE/ { on = 0 } on' "$PAGE" |
    sed "s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\(ti/~/g; s/\\\\(ha/^/g; s/^\\\\&//; s/\\\\e/\\\\/g" >page
for file in nginx.conf haproxy.cfg apache.conf postgresql.conf pg_hba.conf pg_ident.conf; do
    while IFS= read -r line; do
        grep -qxF -- "$line" page || fail "a line of $file is not on the page: $line"
    done < <(grep -v '^#' "$SOURCE/deploy/reload/$file")
done

if command -v nginx >/dev/null; then
    step "nginx"
    fresh
    mkdir nginx
    {
        printf 'error_log stderr warn; pid %s/nginx.pid; daemon off; events {}\nhttp { access_log off;\n' "$WORK"
        for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path nginx;"; done
        recipe nginx.conf
        echo '}'
    } >nginx.live
    start nginx nginx -p "$WORK" -c "$WORK/nginx.live"
    wait_for 20 served
    list_holds
    renewals --signal "HUP:$WORK/nginx.pid"
    stop nginx
fi

if command -v haproxy >/dev/null; then
    step "haproxy"
    fresh --format combined
    recipe haproxy.cfg >haproxy.live
    start haproxy haproxy -W -f haproxy.live -p "$WORK/haproxy.pid"
    wait_for 20 served
    list_holds
    renewals --signal "USR2:$WORK/haproxy.pid"
    stop haproxy
fi

if command -v apache2 >/dev/null; then
    step "Apache"
    fresh
    mkdir -p www
    echo hello >www/index.html
    modules=/usr/lib/apache2/modules
    {
        for module in mpm_event authz_core ssl socache_shmcb dir; do echo "LoadModule ${module}_module $modules/mod_$module.so"; done
        printf 'ServerName localhost\nServerRoot %s\nPidFile %s/apache.pid\nErrorLog %s/apache.log\nDirectoryIndex index.html\n' "$WORK" "$WORK" "$WORK"
        printf 'User nobody\nGroup nogroup\nMutex file:%s default\n' "$WORK"
        recipe apache.conf
    } >apache.live
    start apache apache2 -f "$WORK/apache.live" -D FOREGROUND
    wait_for 20 served
    list_holds
    renewals --signal "USR1:$WORK/apache.pid"
    stop apache
fi

POSTGRES=$(find /usr/lib/postgresql -maxdepth 3 -name postgres -path '*/bin/*' 2>/dev/null | sort -V | tail -n 1 || true)
if [ -n "$POSTGRES" ] && command -v psql >/dev/null; then
    step "PostgreSQL"
    fresh --owner postgres
    as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups env -C / "$@"; }
    install -d -o postgres -m 0700 data
    as_postgres "$(dirname "$POSTGRES")/initdb" -D "$WORK/data" -A reject -N >initdb.log 2>&1 || { cat initdb.log; fail "initdb"; }
    recipe postgresql.conf >>data/postgresql.conf
    printf "port = %s\nunix_socket_directories = ''\nlisten_addresses = 'localhost'\nfsync = off\n" "$PORT" >>data/postgresql.conf
    recipe pg_hba.conf >data/pg_hba.conf
    recipe pg_ident.conf >data/pg_ident.conf
    start postgres setpriv --reuid=postgres --regid=postgres --clear-groups "$POSTGRES" -D "$WORK/data"
    query() { psql "host=localhost port=$PORT dbname=postgres user=postgres sslmode=verify-full sslrootcert=client/ca.crt sslcert=$1/tls.crt sslkey=$1/tls.key" -Atc 'SELECT 1'; }
    wait_for 60 query client
    same "who is on the list" "$(query client)" 1
    refuse "who is not" query stranger
    served_serial() { openssl s_client -starttls postgres -connect "localhost:$PORT" </dev/null 2>/dev/null >pg.pem && serial pg.pem; }
    serves_new() { [ "$(served_serial)" = "$(serial web/tls.crt)" ]; }
    # Connections without end, as above; psql is a process for each.
    queries() { while [ ! -e pg.stop ]; do if [ "$(query client 2>>pg.bad)" = 1 ]; then echo good; fi; done; }
    start queries queries
    for ((round = 0; round < ROUNDS; ++round)); do
        expect_exit 0 signet renew "$WORK/web" --force --signal "HUP:$WORK/data/postmaster.pid"
        wait_for 20 serves_new
        same "the key's owner" "$(stat -Lc %U web/tls.key)" postgres
        same "it answers" "$(query client)" 1
    done
    touch pg.stop
    wait_for 20 grep -q good queries.out
    [ ! -s pg.bad ] || { cat pg.bad; fail "a connection failed"; }
    echo "   $ROUNDS renewals, $(wc -l <queries.out) queries"
    stop postgres
fi
