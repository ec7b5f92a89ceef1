#!/usr/bin/env bash
# A full disk is exit 3 at every point, leaves no half of a CA, and is no obstacle once there is room.
. "$(dirname "$0")/lib.sh"
need openssl
disk=$WORK/disk
mkdir "$disk"
mount -t tmpfs -o size=1m none "$disk" 2>/dev/null || skip "cannot mount a small tmpfs here"
umount "$disk"
trap 'code=$?; set +e; umount "$disk" 2>/dev/null; (exit "$code"); finish' EXIT

export SIGNET_STORE=$disk/store
directory=$SIGNET_STORE/authorities/default
failed=0
for size in $(seq 8 12 400); do
    step "a disk of $size KiB"
    mount -t tmpfs -o "size=${size}k" none "$disk"
    run signet ca init
    if [ "$CODE" -ne 0 ]; then
        same "exit code" "$CODE" 3
        expect_err '^signet: '
        failed=$((failed + 1))
        if [ -e "$directory" ]; then
            expect "a CA is there whole, or not at all" openssl verify -CAfile "$directory/root.crt" "$directory/issuing.crt"
        fi
        same "temporary files" "$(find "$disk" -name '*.new' -o -name '.*.tmp*' -o -name '*.tmp')" ""
        mount -o remount,size=4m "$disk"
        expect_exit 0 signet ca init
    fi
    expect "the chain" openssl verify -x509_strict -CAfile "$directory/root.crt" "$directory/issuing.crt"
    same "files of the CA" "$(find "$directory" -type f | wc -l)" 4
    [ -s "$SIGNET_STORE/signet.toml" ] || fail "signet.toml is missing"
    umount "$disk"
done
[ "$failed" -gt 5 ] || fail "the disk was full $failed times only"
