#!/usr/bin/env bash
# What systemd expects of a service: sockets that it passes, notifications, the watchdog, units that it understands.
. "$(dirname "$0")/lib.sh"
need curl python3
expect_exit 0 signet ca init
root=$SIGNET_STORE/authorities/default/root.crt

step "it listens on the sockets that are passed, in any order, and tells systemd what it does"
cat >manager.py <<'PY'
# A service manager in small: binds, passes the sockets from descriptor 3 on, prints what it is told.
import os, socket, sys
names = sys.argv[1].split(":")
sockets = []
for name in names:
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(64)
    print("port", name, s.getsockname()[1], flush=True)
    sockets.append(s)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(os.environ["NOTIFY_SOCKET"])
pid = os.fork()
if pid == 0:
    numbers = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
    for i, number in enumerate(numbers):
        os.dup2(number, 3 + i, inheritable=True)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)), WATCHDOG_USEC="1000000")
    if sys.argv[2] == "named":
        os.environ["LISTEN_FDNAMES"] = ":".join(names)
    os.execvp("signet", ["signet"] + sys.argv[3:])
print("child", pid, flush=True)
notify.settimeout(30)
while True:
    message = notify.recv(200).decode()
    print(message.replace("\n", " "), flush=True)
    if message == "STOPPING=1":
        break
print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
PY
port_of() { sed -n "s/^port $1 //p" "$2.out"; }
NOTIFY_SOCKET=$WORK/notify start manager python3 manager.py http:https named serve-acme --hostname localhost
wait_for 20 grep -qx READY=1 manager.out
child=$(sed -n 's/^child //p' manager.out)
https=$(port_of https manager)
same "over https" "$(curl -s --cacert "$root" "https://localhost:$https/ready")" '{"status":"ready"}'
same "over http" "$(curl -s "http://localhost:$(port_of http manager)/ready")" '{"status":"ready"}'
grep -q "ready https://localhost:$https/acme/directory" manager.out || fail "the ready line names another port"
wait_for 30 grep -qx WATCHDOG=1 manager.out
kill -HUP "$child"
wait_for 30 grep -Eqx 'RELOADING=1 MONOTONIC_USEC=[0-9]+' manager.out
ready_again() { [ "$(grep -cx READY=1 manager.out)" -eq 2 ]; }
wait_for 30 ready_again
kill -TERM "$child"
wait_for 10 grep -qx STOPPING=1 manager.out
wait_for 10 grep -qx 'ended 0' manager.out

step "without names the first is HTTPS; http_listen is then its own"
NOTIFY_SOCKET=$WORK/notify2 start single python3 manager.py only unnamed serve-acme --hostname localhost --http-listen 127.0.0.1:0
wait_for 20 grep -qx READY=1 single.out
same "over https" "$(curl -s --cacert "$root" "https://localhost:$(port_of only single)/ready")" '{"status":"ready"}'
kill -TERM "$(sed -n 's/^child //p' single.out)"
wait_for 10 grep -qx 'ended 0' single.out

step "sockets of another process are not taken, nor more than there are listeners"
LISTEN_PID=1 LISTEN_FDS=1 start_server other signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0
stop other
NOTIFY_SOCKET=$WORK/notify3 start three python3 manager.py a:b:c unnamed serve-acme --hostname localhost
wait_for 10 grep -q 'more sockets than there are listeners' three.err

step "it stops within ten seconds though a client is in the middle of a request"
start_server busy signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost
plain=$(sed -n 's/.*http_port=\([0-9]*\).*/\1/p' busy.err)
exec 9<>"/dev/tcp/127.0.0.1/$plain"
printf 'POST /acme/new-order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12' >&9
began=$SECONDS
stop busy
exec 9>&-
same "exit code" "$CODE" 0
[ $((SECONDS - began)) -le 10 ] || fail "it took $((SECONDS - began)) seconds"

step "systemd understands the units"
command -v systemd-analyze >/dev/null || skip "all but the units held: systemd-analyze is not installed"
mkdir units
cp "$SOURCE"/deploy/systemd/* units/
# What is not on this machine: the installed program, its user.
sed -i "s#^ExecStart=/usr/bin/signet#ExecStart=$SIGNET#; s/^User=.*/User=root/; s/^Group=.*/Group=root/" units/*.service
expect "systemd-analyze finds fault" systemd-analyze verify --man=no units/signet*.service units/signet*.socket units/signet*.timer
no_err 'signet'
step "the units are hardened: an exposure of 2.0 at most for the server"
expect "too much exposure" systemd-analyze security --offline=true --threshold=20 "$SOURCE/deploy/systemd/signet-acme.service"
expect "too much exposure" systemd-analyze security --offline=true --threshold=60 "$SOURCE/deploy/systemd/signet-renew.service"
