# shellcheck shell=bash
# What a leaf with a new P-256 key costs straight from the CA, for scripts/bench: `signet issue` from the shell and with
# --batch, each recorded durably, beside `openssl req` and `openssl ca`, and mkcert, which records nothing.
# measure_leaves MANY FEW: so many in one go, and so many by a process each.

prepare_openssl_ca() { # DIRECTORY
    mkdir -p "$1/new"
    : >"$1/index.txt"
    cat >"$1/ca.cnf" <<END
[ca]
default_ca = it
[it]
database = $1/index.txt
new_certs_dir = $1/new
certificate = $1/ca.crt
private_key = $1/ca.key
rand_serial = yes
default_md = sha256
default_days = 1
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
END
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/ca.key" -out "$1/ca.crt" -subj /CN=bench -days 30 2>/dev/null
}

openssl_request() { # DIRECTORY NAME
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/$2.key" -out "$1/$2.csr" -subj "/CN=$2.internal" \
        -addext "subjectAltName=DNS:$2.internal" 2>/dev/null
}

openssl_each() { # DIRECTORY COUNT
    local i
    for ((i = 0; i < $2; i++)); do
        openssl_request "$1" "n$i"
        openssl ca -batch -notext -config "$1/ca.cnf" -in "$1/n$i.csr" -out "$1/n$i.crt" 2>/dev/null
    done
}
openssl_many() { openssl ca -batch -notext -config "$1/ca.cnf" -outdir "$1/new" -infiles "$1"/n*.csr >/dev/null 2>&1; }
signet_each() {
    local i
    for ((i = 0; i < $2; i++)); do "$SIGNET" --store "$1" issue "n$i.internal" --out - >/dev/null; done
}
signet_many() { "$SIGNET" --store "$1" issue --batch "$2" >"$WORK/leaves/answers"; }
mkcert_each() {
    local i
    for ((i = 0; i < $2; i++)); do CAROOT=$1 mkcert -ecdsa -cert-file "$1/n.crt" -key-file "$1/n.key" "n$i.internal" 2>/dev/null; done
}

timed() { # NAME COUNT COMMAND...: a line of results, if the command succeeds
    local TIMEFORMAT='%R %U %S' real user system
    { time "${@:3}" 1>&4; } 2>"$WORK/leaves/time" 4>/dev/null || { record absent "$1" '{"reason": "it failed"}'; return; }
    read -r real user system < <(tail -n 1 "$WORK/leaves/time")
    record leaves "$1" "$(jq -n --argjson n "$2" --argjson real "$real" --argjson user "$user" --argjson system "$system" \
        '{leaves: $n, per_s: ($n / $real), cpu_ms: (($user + $system) * 1000 / $n), per_core_s: ($n / ($user + $system))}')"
}

measure_leaves() {
    local many=$1 few=$2 directory=$WORK/leaves
    mkdir -p "$directory/mkcert"
    "$SIGNET" --store "$directory/store" ca init >/dev/null 2>&1
    seq "$many" | sed 's/.*/{"id": &, "names": ["n&.internal"]}/' >"$directory/requests"
    prepare_openssl_ca "$directory/openssl"
    timed "signet issue --batch" "$many" signet_many "$directory/store" "$directory/requests"
    timed "signet issue" "$few" signet_each "$directory/store" "$few"
    timed "openssl req + ca" "$few" openssl_each "$directory/openssl" "$few"
    timed "openssl ca -infiles (keys made before)" "$few" openssl_many "$directory/openssl"
    if command -v mkcert >/dev/null; then
        timed "mkcert" "$few" mkcert_each "$directory/mkcert" "$few"
    else
        record absent mkcert '{"reason": "mkcert is not installed (Debian package mkcert)"}'
    fi
}
