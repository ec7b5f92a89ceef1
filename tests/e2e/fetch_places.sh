#!/usr/bin/env bash
# Where fetch writes: several at once into one new directory, one that is not writable, a read-only or full disk, memory,
# as a user without name or home.
. "$(dirname "$0")/lib.sh"
need openssl

expect_exit 0 signet ca init
start_server acme signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost --auth trust
root=$WORK/root.crt
cp "$SIGNET_STORE/authorities/default/root.crt" "$root"
words=(web.internal --server "$READY" --root "$root")
key_of() { openssl pkey -in "$1" -pubout 2>/dev/null; }
fits() { same "the pair fits" "$(key_of "$1/tls.key")" "$(openssl x509 -in "$1/tls.crt" -noout -pubkey)"; }

step "five at once into a directory that is not there: one gets it, the others keep it"
for i in 1 2 3 4 5; do start "f$i" "$SIGNET" fetch "${words[@]}" --out "$WORK/many" --json; done
for i in 1 2 3 4 5; do
    CODE=0
    wait "${PIDS[f$i]}" || CODE=$?
    unset "PIDS[f$i]"
    [ "$CODE" -eq 0 ] || { cat "f$i.err"; fail "run $i ended with $CODE"; }
done
fits many
same "who changed something" "$(cat f?.out | grep -c '"changed": true')" 1
same "what they tell" "$(for i in 1 2 3 4 5; do member serial "f$i.out"; done | sort -u)" "$(serial many/tls.crt)"

[ "$(id -u)" -eq 0 ] || skip "all but other users and small disks held: that needs root"
let_others_run
someone=(setpriv --reuid=65532 --regid=65532 --clear-groups env -i "$SIGNET")
step "a directory that is not writable: exit 3 before anything is asked for"
install -d -m 0755 locked
expect_exit 3 "${someone[@]}" fetch "${words[@]}" --out "$WORK/locked"
expect_err "$WORK/locked"
no_err 'order'
expect_exit 3 "${someone[@]}" fetch "${words[@]}" --out "$WORK/locked/new/dir"
same "nothing is left" "$(find locked -mindepth 1)" ''

disk=$WORK/disk
mkdir "$disk"
mount -t tmpfs -o size=1m none "$disk" 2>/dev/null || skip "all but small disks held: cannot mount a tmpfs here"
umount "$disk"
trap 'code=$?; set +e; umount "$disk" 2>/dev/null; (exit "$code"); finish' EXIT
step "memory, a user without name and home: fetched, kept, renewed"
mount -t tmpfs -o size=1m,mode=0700,uid=65532,gid=65532 none "$disk"
expect_exit 0 "${someone[@]}" fetch "${words[@]}" --out "$disk"
fits "$disk"
same "whose" "$(stat -Lc %u:%a "$disk/tls.key")" 65532:600
expect_exit 0 "${someone[@]}" renew "$disk" --force
fits "$disk"
before=$(sha256sum "$disk"/tls.crt "$disk"/tls.key "$disk"/ca.crt)
step "a disk that has become read-only: exit 3, what is there is kept as long as it is good"
mount -o remount,ro "$disk"
expect_exit 0 "${someone[@]}" fetch "${words[@]}" --out "$disk"
expect_exit 3 "${someone[@]}" fetch "${words[@]}" --out "$disk" --force
expect_exit 3 "${someone[@]}" renew "$disk" --force
same "the files" "$(sha256sum "$disk"/tls.crt "$disk"/tls.key "$disk"/ca.crt)" "$before"
umount "$disk"

step "a disk that is full, at one point after another: exit 3, the old files whole; room again, and it goes on"
for pages in 6 9 12 14 16 18 20; do
    mount -t tmpfs -o "size=$((pages * 4))k" none "$disk"
    run signet fetch "${words[@]}" --out "$disk/web"
    old=
    [ "$CODE" -ne 0 ] || old=$(serial "$disk/web/tls.crt")
    [ "$CODE" -eq 0 ] || same "exit code" "$CODE" 3
    dd if=/dev/zero of="$disk/filler" bs=4k 2>/dev/null || true
    run signet fetch "${words[@]}" --out "$disk/web" --force
    same "exit code" "$CODE" 3
    if [ -n "$old" ]; then
        same "the old one stands" "$(serial "$disk/web/tls.crt")" "$old"
        fits "$disk/web"
    else
        [ ! -e "$disk/web/tls.crt" ] || fail "half of a certificate"
    fi
    rm "$disk/filler"
    mount -o remount,size=1m "$disk"
    expect_exit 0 signet fetch "${words[@]}" --out "$disk/web" --force
    fits "$disk/web"
    umount "$disk"
done
