#!/bin/sh
# record --runtime runsc: what a container under gVisor does is told by gVisor itself; what that cannot tell is never concluded from.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

t=$scratch/t.gz root=$scratch/root
need_tracing 'a container under gVisor is recorded'
make_rootfs "$root"
ln -s ../etc "$root/srv/link"
printf '#!/bin/sh\necho script\nexec cat /srv/link/group\n' >"$root/bin/script"
chmod +x "$root/bin/script"
mkdir -p "$root/var/lib/dpkg/info"
printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nMaintainer: x\nDescription: x\n\n' busybox scripts idle >"$root/var/lib/dpkg/status"
printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
printf '/bin/busybox\n' >"$root/var/lib/dpkg/info/busybox.list"
printf '/bin/script\n' >"$root/var/lib/dpkg/info/scripts.list"
printf '/bin/idle\n' >"$root/var/lib/dpkg/info/idle.list"
cp /bin/true "$root/bin/idle"
gvisor() { "$agent" record -q -o "$t" --runtime runsc --rootfs "$root" "$@"; }
check 'without runsc the message says what to install' fails_with 1 "^error: no 'runsc' here: install gVisor" \
	env PATH=/nonexistent "$agent" record -q -o "$t" --runtime runsc --rootfs "$root" -- /bin/true
check 'functions cannot be watched there, and that is said' fails_with 2 '^error: --functions does not go with --runtime runsc: no probe' \
	"$agent" record -o "$t" --runtime runsc --rootfs "$root" --functions x -- /bin/true

# A runsc that does as it is told on its command line: what the agent must take from a sandbox that is not what it seems.
fake=$scratch/fake
mkdir "$fake"
cat >"$fake/runsc" <<'EOF'
#!/usr/bin/python3
import json, os, socket, struct, sys, time
args, mode = sys.argv[1:], os.environ["FAKE"]
if "create" not in args:
    sys.exit(0)
after = lambda name: args[args.index(name) + 1]
endpoint = json.load(open(after("--pod-init-config")))["trace_session"]["sinks"][0]["config"]["endpoint"]


def connect(first=b"\x08\x01"):
    sink = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sink.connect(endpoint)
    sink.send(first)
    return sink


def send(sink, kind, payload, dropped=0):
    sink.send(struct.pack("<HHI", 8, kind, dropped) + payload)


sink = None
if mode == "stranger":  # somebody else is there first
    told, tells = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            other = connect()
            os.write(tells, b"!")
            answer = other.recv(100)
        except OSError:
            answer = b""
        os._exit(len(answer))
    os.close(tells)  # it may be sent away before it has said a word
    os.read(told, 1)
if mode != "absent":
    sink = connect({"old": b"\x08\x00", "web": b"GET / HTTP/1.1"}.get(mode, b"\x08\x01"))
    if sink.recv(100) != b"\x08\x01":
        sys.exit("no answer")
if mode == "stranger" and os.waitpid(pid, 0)[1]:
    sys.exit("a stranger was answered")
sandbox = os.fork()
if not sandbox:
    for fd in (0, 1, 2):
        os.close(fd)
    time.sleep(1)
    if sink:
        send(sink, 1, b"")
    if mode == "garbage":
        for n in range(2000):
            sink.send(os.urandom(n % 400 + 1) if n % 2 else struct.pack("<HHI", 8, n % 40, 0) + os.urandom(n % 300))
        sink.send(b"x" * 120000)
        sink.send(b"")
    if mode == "hangs up":
        sink.close()
    else:  # the first process ends
        send(sink, 5, b"\x0a\x00", 17 if mode == "dropped" else 0)
    time.sleep(0.5)
    os._exit(0)
open(after("--pid-file"), "w").write(str(sandbox))
EOF
chmod +x "$fake/runsc"
faked() { # how it behaves
	rm -f "$t"
	timeout 60 env FAKE="$1" PATH="$fake:$PATH" "$agent" record -q -o "$t" --runtime runsc --rootfs "$root" -- /bin/true
}
losses() { last_line "$t" | grep -oE '"losses":\{[^}]*'; }
loses() { losses | grep -qE "\"$1\":$2(,|$)" || { losses; return 1; }; } # cause, count
check 'a sandbox that never connects is an error' fails_with 1 "^error: runsc made a sandbox and did not connect to '/run/vexxy-.*/gvisor.sock'" faked absent
check '… and so is one of another protocol' fails_with 1 "^error: gVisor's sink speaks version 0 of its protocol" faked old
check '… and one that speaks something else' fails_with 1 '^error: the handshake of gVisor.s sink is malformed' faked web
check '… and no file is left' test ! -e "$t"
check 'a stranger at the socket is sent away' faked stranger
check '… and the sandbox is heard' ends_with "$t" '"reason":"exited"'
check 'garbage is survived' faked garbage
check '… and every packet that cannot be read is a loss' sh -c "zcat '$t' | tail -n 1 | grep -qE '\"read\":[0-9]{3}'"
check 'dropped messages are counted' faked dropped
check '… as lost' loses ring 17
check 'a sandbox that hangs up goes on' faked 'hangs up'
check '… and what it did not tell is a loss' loses ring 1

if ! command -v runsc >/dev/null; then
	skip 'what happens under gVisor is recorded' 'runsc is not installed'
	finish
fi
script='cat /etc/passwd; cd /etc; cat group; cat /none; /bin/script; echo x >/srv/new; exit 3'
start -o "$t" --runtime runsc --rootfs "$root" -- sh -c "$script"
check 'a container under gVisor is recorded' ended 0
check 'the first record is the exec of its command' begins_with_exec "$t" /bin/busybox
check 'the header says who tells, and how far that goes' has "$t" '"vexxy_trace"' '"isolation":"gvisor"' '"backend":"gvisor","level":"file","began":"first_exec"'
check '… and that maps are not among it' sh -c "! zcat '$t' | head -n 1 | grep -q '\"map\"'"
check 'an open has the path that gVisor resolved' has "$t" '"kind":"open"' '"path":"/etc/group"' '"access":"r"'
check 'a failed open has what was passed' has "$t" '"error":"ENOENT"' '"given":"/none"'
check 'a script is told from a program' has "$t" '"path":"/bin/script"' '"role":"script"'
check '… and its interpreter is known by name' has "$t" '"path":"/bin/busybox","flags":["by_name"],"role":"program"'
check 'what is written is told apart' has "$t" '"path":"/srv/new"' '"access":"w"'
check 'system calls are named' has "$t" '"kind":"end"' '"openat"' '"execve"'
check 'its status is that of the workload, not of the sandbox' ends_with "$t" '"reason":"exited","exit":768'
check 'nothing was lost' nothing_lost "$t"
check 'its output is passed on' grep -qx script "$scratch/agent.out"
check 'nothing is left of it' nothing_left "$pid"

# The same under runc, seen by this kernel.
files() { # trace: what was opened, and executed
	lines "$1" | grep -E '"kind":"(open|exec)"' | grep -v '"role":"interpreter"' | grep -oE '"path":"[^"]*"' | grep -v '"/proc\|"/dev/' | sort -u
}
same_files() {
	files "$t" >"$scratch/gvisor" && files "$scratch/runc.gz" >"$scratch/runc"
	diff "$scratch/runc" "$scratch/gvisor"
}
"$agent" record -q -o "$scratch/runc.gz" --rootfs "$root" -- sh -c "$script" >/dev/null 2>&1
check 'gVisor tells the files that this kernel sees under runc' same_files
check '… and nothing of what is mapped, which this kernel sees' sh -c "zcat '$scratch/runc.gz' | grep -q '\"kind\":\"map\"' && ! zcat '$t' | grep -q '\"kind\":\"map\"'"

utf8() { gvisor -- sh -c "cat /etc/passwd \$(printf '/tmp/\\377')" >/dev/null 2>&1; }
check 'a program with an argument that is no UTF-8 ends' utf8
check '… gVisor does not tell of it, and that is a loss' loses read '[1-9][0-9]*'

start -o "$t" --runtime runsc --rootfs "$root" -- sh -c 'cat /etc/passwd; exec sleep 60'
check 'a container runs' wait_for 20 grep -q root "$scratch/agent.out"
kill_sandbox() { kill -9 "$(pgrep -f "^runsc-sandbox .*vexxy-$pid-")"; }
check 'its sandbox is killed' kill_sandbox
check 'the recording ends' ended 0
check '… with what was told before' has "$t" '"path":"/etc/passwd"'
check '… and says that something is missing' loses ring 1
check 'nothing is left of it' nothing_left "$pid"

start -o "$t" --runtime runsc --rootfs "$root" -- sh -c 'cat /etc/passwd; exec sleep 60'
check 'a container runs' wait_for 20 grep -q root "$scratch/agent.out"
kill -9 "$pid"
wait "$pid" 2>/dev/null
check 'when the agent is killed its sandbox ends' wait_for 20 sh -c "! pgrep -f '^runsc-sandbox .*vexxy-$pid-'"
check 'nothing is left of it' nothing_left "$pid"

start -o "$t" --duration 3 --runtime runsc --rootfs "$root" -- sh -c 'cat /etc/passwd; exec sleep 60'
check 'a recording can end before the workload' ended 0
check '… and that is no loss' nothing_lost "$t"
check '… but the reason' ends_with "$t" '"reason":"duration"'

for name in busybox scripts idle; do
	printf '{"id":"CVE-2099-%s","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"%s"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}\n' \
		"$(printf %s "$name" | cksum | cut -c1-5)" "$name"
done >"$scratch/osv.json"
verdict() { # package, status, text that the reason or the report has
	/usr/bin/python3 - "$scratch/decided/report.json" "$@" <<'EOF'
import json, sys
report = json.load(open(sys.argv[1]))
found = [v for v in report["verdicts"] if f"/{sys.argv[2]}@" in json.dumps(v)]
assert len(found) == 1, report["verdicts"]
assert found[0]["status"] == sys.argv[3], found
assert sys.argv[4] in json.dumps(found), found
EOF
}
decides() { "$vexxy" run --runtime runsc --rootfs "$root" --vulns "$scratch/osv.json" -o "$scratch/decided" -- sh -c 'cat /etc/passwd; /bin/script'; }
check 'vexxy run decides on it' decides
check 'what ran is affected' verdict busybox affected 'was executed'
check '… a script too' verdict scripts affected 'was run'
check 'what was never told of is not unreachable' verdict idle under_investigation 'recorded under gvisor'
isolated() { /usr/bin/python3 -c 'import json, sys; t = json.load(open(sys.argv[1]))["traces"][0]; assert (t["isolation"], t["level"]) == ("gvisor", "file"), t' "$scratch/decided/report.json"; }
check 'the report says what was between it and the kernel' isolated
check 'the evidence says so, too' sh -c "\"$vexxy\" explain '$scratch/decided' \$(grep -oE 'CVE-2099-[0-9]+' '$scratch/osv.json' | tail -n 1) | grep -q gvisor"
check 'coverage cannot be had there' fails_with 2 '^error: --coverage does not go with --runtime runsc' \
	"$vexxy" run --runtime runsc --coverage --rootfs "$root" --vulns "$scratch/osv.json" -o "$scratch/undecided" -- true
finish
