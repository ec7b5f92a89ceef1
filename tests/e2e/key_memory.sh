#!/usr/bin/env bash
# Where private keys are while signet runs: in locked memory that no core has and no other user reads, and nowhere else.
. "$(dirname "$0")/lib.sh"
need python3 openssl setpriv curl
[ "$(id -u)" -eq 0 ] || skip "to be another user, and to look at all memory, needs root"
sanitized=
! grep -qE '__[at]san_init' "$SIGNET" || sanitized=1
chmod 0755 "$WORK"
install -m 0755 "$SIGNET" program
install -d -o 65534 -g 65534 -m 0700 home
locked() { sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
core_limit() { awk '/^Max core file size/ {print $5}' "/proc/$1/limits"; }

step "a server as a user of its own, which may lock 8 MiB"
export SIGNET_STORE=$WORK/home/store
NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$WORK/home")
ulimit -l 8192 2>/dev/null || skip "not enough memory may be locked here"
for type in ec-p256 rsa-2048 ed25519; do expect_exit 0 "${NOBODY[@]}" ./program ca init "$type" --key-type "$type"; done
for type in ec-p256 rsa-2048 ed25519; do
    printf '[profile.%s]\nca = "%s"\npermit_dns = ["**"]\n' "$type" "$type"
done | "${NOBODY[@]}" tee -a "$SIGNET_STORE/signet.toml" >/dev/null
sed -i 's/^default_profile.*/default_profile = "ec-p256"/' "$SIGNET_STORE/signet.toml"
start_server server "${NOBODY[@]}" ./program serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust
pid=${PIDS[server]}
! grep 'keys may reach the swap space' server.err || fail "its keys are not locked"
base=${READY%/acme/directory}
trust=$SIGNET_STORE/authorities/ec-p256/root.crt
for type in ec-p256 rsa-2048 ed25519; do
    expect_exit 0 signet fetch w.internal --server "$base/acme/profile/$type/directory" --root "$trust" \
        --ca-file "$SIGNET_STORE/authorities/$type/root.crt" --out "$WORK/fetched-$type"
    expect "its CRL" curl -sSf --cacert "$trust" "$base/crl/$type.crl" -o crl
    openssl ocsp -issuer "$SIGNET_STORE/authorities/$type/issuing.crt" -cert "fetched-$type/tls.crt" -reqout ask.der >/dev/null 2>&1
    expect "OCSP" curl -sSf --cacert "$trust" --data-binary @ask.der -H 'Content-Type: application/ocsp-request' "$base/ocsp/$type" -o answer.der
done

step "memory is locked, and no core is written"
[ "$(locked "$pid")" -ge 4096 ] || fail "only $(locked "$pid") KiB are locked"
same "core limit" "$(core_limit "$pid")" 0
same "what a core would hold" "$((16#$(cat "/proc/$pid/coredump_filter")))" 0

step "no other process of the same user looks into it, nor any other user"
cat >look.py <<'EOS'
import os, sys
pid, user = sys.argv[1], int(sys.argv[2])
os.setgroups([]); os.setgid(user); os.setuid(user)
for name in ('mem', 'environ', 'maps', 'auxv', 'fd'):
    path = f'/proc/{pid}/{name}'
    try:
        os.listdir(path) if name == 'fd' else open(path, 'rb').close()
    except PermissionError:
        continue
    sys.exit(f'{path} was read by uid {user}')
EOS
for user in 65534 65533; do expect "nothing for uid $user" python3 look.py "$pid" "$user"; done
start control "${NOBODY[@]}" sleep 300
wait_for 10 grep -q sleep "/proc/${PIDS[control]}/comm"
refuse "the same look at another program of that user sees it" python3 look.py "${PIDS[control]}" 65534
expect_err 'was read by uid 65534'

# The numbers of a key as files, OpenSSL's text and its big numbers have them.
cat >search.py <<'EOS'
import re, subprocess, sys
def needles_of(key):
    text = subprocess.run(['openssl', 'pkey', '-in', key, '-noout', '-text'], capture_output=True, text=True, check=True).stdout
    rsa = False
    for part in ('priv', 'privateExponent', 'prime1', 'prime2', 'exponent1', 'exponent2', 'coefficient'):
        found = re.search(rf'^{part}:\n((?: +[0-9a-f:]+\n)+)', text, re.M)
        if not found: continue
        rsa = rsa or part != 'priv'
        number = bytes.fromhex(re.sub(r'[\s:]', '', found[1])).lstrip(b'\0')
        yield (key, part), number[:28]
        yield (key, part + ', backwards'), number[::-1][:28]
    lines = [line for line in open(key).read().splitlines() if '-----' not in line]
    for n, line in enumerate(lines):  # the first of RSA and the last of EC are public
        if n >= (7 if rsa else 0) and (n == 0 or n < len(lines) - 1): yield (key, f'line {n}'), line.encode()
def mappings_of(pid):
    with open(f'/proc/{pid}/smaps') as lines:
        for line in lines:
            words = line.split()
            if not words[0].endswith(':'):
                one = {'range': [int(word, 16) for word in words[0].split('-')], 'access': words[1], 'name': ' '.join(words[5:])}
            else:
                one[words[0]] = words[1:]
                if words[0] == 'VmFlags:': yield one
def without_empty_pages(contents):
    empty = bytes(4096)
    return b''.join(page for at in range(0, len(contents), 4096) if (page := contents[at:at + 4096]) != empty)
def search_memory(pid, needles):
    outside, inside, size = [], set(), 0
    with open(f'/proc/{pid}/mem', 'rb', 0) as memory:
        for one in mappings_of(pid):
            if 'r' not in one['access'] or one['Rss:'][0] == '0' or one['name'] in ('[vvar]', '[vsyscall]'): continue
            begin, end = one['range']
            memory.seek(begin)
            try: contents = without_empty_pages(memory.read(end - begin))
            except OSError: continue
            size += len(contents)
            apart = 'dd' in one['VmFlags:'] and 'lo' in one['VmFlags:']
            for what, needle in needles.items():
                if needle in contents: inside.add(what[0]) if apart else outside.append((*what, one['name']))
    print(f'{size} octets, {len(needles)} needles')
    if size < 1 << 20: sys.exit('too little was looked at')
    if outside: sys.exit('outside of the locked memory:\n' + '\n'.join(map(str, outside)))
    if not inside: sys.exit('no key in the locked memory either: the search finds nothing')
    print('in locked memory:', *sorted(inside))
where, keys = sys.argv[1], sys.argv[2:]
needles = dict(needle for key in keys for needle in needles_of(key))
if len(needles) < 3 * len(keys): sys.exit('too little was looked for')
if where.isdigit():
    search_memory(where, needles)
else:
    with open(where, 'rb') as file: core = without_empty_pages(file.read())
    print(f'{len(core)} octets, {len(needles)} needles')
    found = [what for what, needle in needles.items() if needle in core]
    if found: sys.exit('in the core:\n' + '\n'.join(map(str, found)))
EOS
keys=("$SIGNET_STORE"/authorities/{ec-p256,rsa-2048,ed25519}/{root,issuing}.key)

step "after all of that the keys are in the locked memory alone, which cores leave out"
if [ -n "$sanitized" ]; then
    echo "   not with a sanitizer, which keeps what was freed"
elif ! python3 -c "open('/proc/$pid/mem', 'rb')" 2>/dev/null; then
    echo "   root may not look into other processes here"
else
    expect "no copy elsewhere" python3 search.py "$pid" "${keys[@]}"
    sed 's/^/   /' out
fi

step "a core that root takes of the running server holds no key"
if [ -n "$sanitized" ]; then
    echo "   not with a sanitizer, whose memory takes terabytes"
elif ! command -v gcore >/dev/null || ! gcore -o taken "$pid" >gcore.out 2>&1; then
    echo "   there is no gcore, or root may not trace other processes here: $(tail -n 1 gcore.out 2>/dev/null)"
else
    expect "no key in the core" python3 search.py "taken.$pid" "${keys[@]}"
    sed 's/^/   /' out
    ! grep -q authorities/rsa-2048 "taken.$pid" || fail "the core holds heap"
    # The same search, of a core that leaves out nothing.
    expect "a core of all there is" gcore -a -o all "$pid"
    grep -q authorities/rsa-2048 "all.$pid" || fail "that core holds no heap either"
    refuse "no key in a core of all there is" python3 search.py "all.$pid" "${keys[@]}"
    for type in ec-p256 rsa-2048 ed25519; do expect_err "authorities/$type/issuing.key"; done
    rm "all.$pid"
fi
expect "the server goes on" curl -sSf --cacert "$trust" "$base/health" -o health
stop server

step "a server that is killed by ABRT leaves no core"
cat >abort.py <<'EOS'
import os, resource, signal, subprocess, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
def dumped(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    if not process.stdout.readline(): sys.exit(f'{command[0]} did not start')
    os.kill(process.pid, signal.SIGABRT)
    return os.WCOREDUMP(os.waitpid(process.pid, 0)[1])
print('others leave one' if dumped(['sh', '-c', 'echo; exec sleep 60']) else 'this system writes none for anybody')
if dumped(sys.argv[1:]): sys.exit('a core was written')
EOS
install -d -o 65534 -g 65534 cores
expect "no core" env -C cores python3 ../abort.py "${NOBODY[@]}" "$WORK/program" serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost --auth trust
sed 's/^/   /' out

step "every command that has keys keeps them so"
mkfifo requests
export SIGNET_STORE=$WORK/other
expect_exit 0 signet ca init
start batch signet issue --batch "$WORK/requests"
exec 5>requests
echo '{"id": 1, "names": ["a.internal"]}' >&5
wait_for 30 test -s batch.out
pid=${PIDS[batch]}
[ "$(locked "$pid")" -ge 512 ] || fail "only $(locked "$pid") KiB are locked"
same "core limit" "$(core_limit "$pid")" 0
expect "nothing for another user" python3 look.py "$pid" 65534
exec 5>&-
wait_for 30 test ! -e "/proc/$pid/exe"

step "where little may be locked it works all the same, and the server says so"
# shellcheck disable=SC2016
start_server little bash -c 'ulimit -l 64; exec setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock "$SIGNET" serve-acme \
    --listen 127.0.0.1:0 --http-listen "" --hostname localhost --auth trust'
[ "$(locked "${PIDS[little]}")" -lt 4096 ] || fail "the limit is none"
grep -q 'keys may reach the swap space' little.err || fail "it does not say so"
