#!/usr/bin/env bash
# The manifests of deploy/: each is what its program reads, and what they run signet with does what they say.
. "$(dirname "$0")/lib.sh"
need python3 openssl
python3 -c 'import yaml' 2>/dev/null || skip "there is no python3-yaml"
DEPLOY=$SOURCE/deploy

step "each file has the keys that belong there, and no others"
expect "a manifest is wrong" python3 "$SOURCE/tests/e2e/deploy_check.py" "$DEPLOY"/kubernetes/*.yaml "$DEPLOY"/container/compose.yaml
cp out commands
for damage in 's/readOnlyRootFilesystem/readOnlyRootFileSystem/' 's/mountPath: .tls}/mountPath: 1}/' 's/medium: Memory/medum: Memory/' \
    's/{name: token, mountPath/{name: tokens, mountPath/'; do
    sed "$damage" "$DEPLOY/kubernetes/workload.yaml" >damaged.yaml
    refuse "the check would miss: $damage" python3 "$SOURCE/tests/e2e/deploy_check.py" damaged.yaml
done

# from FILE CONTAINER: into $RUN what that container runs, with its volumes below $WORK/volumes.
from() {
    local -a words
    mapfile -t words < <(awk -F'\t' -v file="$1" -v name="$2" '$1 == file && $2 == name { for (i = 3; i <= NF; ++i) print $i }' commands)
    [ "${#words[@]}" -gt 0 ] || fail "$2 of $1 does not run signet"
    echo "   signet ${words[*]}"
    RUN=(env -u HOME SIGNET_STORE="$WORK/volumes/store" "$SIGNET" "${words[@]}")
}
mkdir -p volumes/anchors volumes/tls volumes/secret
PORT=$(free_port)
# The names that the network of compose would resolve, and this story's paths.
sed -i "s#\t/tls#\t$WORK/volumes/tls#g; s#\t/anchors#\t$WORK/volumes/anchors#g; s#\t/run/signet#\t$WORK/volumes/secret#g
    s#https://ca:8443#https://localhost:$PORT#; s#--hostname\tca#--hostname\tlocalhost#" commands

step "compose: a CA, its root, a certificate for the web server"
from compose.yaml ca-init
expect_exit 0 "${RUN[@]}"
from compose.yaml ca
start_server ca "${RUN[@]}" --listen "127.0.0.1:$PORT" --http-listen ''
from compose.yaml root
expect_exit 0 "${RUN[@]}"
from compose.yaml web-certificate
expect_exit 0 "${RUN[@]}"
expect "it verifies" openssl verify -CAfile volumes/anchors/root.crt -untrusted volumes/tls/web/tls.crt volumes/tls/web/tls.crt

# stays FILE CONTAINER: a daemon, until it is told to end.
stays() {
    from "$1" "$2"
    start daemon "${RUN[@]}"
    wait_for 30 heeds_term daemon
    stop daemon
    [ "$CODE" -eq 0 ] || { cat daemon.err; fail "$2 of $1 ended with $CODE"; }
}
step "compose: the renewal beside the web server"
stays compose.yaml web-renewal
rm -r volumes/tls/web

step "Kubernetes: the init container with its token, the sidecar, the job by the clock"
expect_exit 0 signet --store "$WORK/volumes/store" token create --dns web.default.svc --uses unlimited --server "$READY"
cp out volumes/secret/token
from workload.yaml certificate
expect_exit 0 "${RUN[@]}"
same "the name" "$(openssl x509 -in volumes/tls/web/tls.crt -noout -ext subjectAltName | tail -n 1 | tr -d ' ')" DNS:web.default.svc
before=$(sha256sum volumes/tls/web/tls.crt)
expect_exit 0 "${RUN[@]}"
same "kept when the pod starts again" "$(sha256sum volumes/tls/web/tls.crt)" "$before"
stays workload.yaml renewal
from cronjob.yaml renew
expect_exit 0 "${RUN[@]}"
expect_out 'not due'
