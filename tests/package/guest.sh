#!/bin/sh
# On the emulated machine: what systemd, and a user, do with the package that is installed there.
export HOME=/root
cd /tmp || exit 1
check() { # sentence, command…
	sentence=$1
	shift
	if "$@" >/tmp/out 2>&1; then echo "ok - $sentence"; else
		sed 's/^/# /' /tmp/out | tail -n 30
		echo "not ok - $sentence"
	fi
}
image=127.0.0.1:5555/team/web@$(cut -d' ' -f2 /opt/test/digest)
answers() { # URL, within minutes: a machine without a processor of its own is slow
	for try in $(seq 180); do
		curl -sf -o /tmp/answer "$1" && return 0
		sleep 1
	done
	systemctl status --no-pager vexxy-server
	journalctl --no-pager -u vexxy-server | tail -n 20
	return 1
}
registry() {
	printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: /var/tmp/registry}}\nhttp: {addr: "127.0.0.1:5555"}\n' >/tmp/registry.yml
	docker-registry serve /tmp/registry.yml >/tmp/registry.log 2>&1 &
	answers http://127.0.0.1:5555/v2/ && skopeo copy -q --dest-tls-verify=false oci:/opt/test/layout-web:1 docker://127.0.0.1:5555/team/web:1
}
no_complaint() { # of systemd about our units
	systemd-analyze verify /usr/lib/systemd/system/vexxy-*.service 2>&1 | grep -i vexxy | grep -v "Command 'man" | tee /tmp/complaints # there is no man here
	[ ! -s /tmp/complaints ]
}
osv() { printf '{"id":"%s","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"%s"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}\n' "$1" "$2"; }
analysis() {
	{ osv CVE-2099-0001 busybox-static && osv CVE-2099-0002 zlib1g; } >/tmp/osv.jsonl
	vexxy submit "$image" --profile custom --duration 5 --vulns /tmp/osv.jsonl --wait >/tmp/submitted || { cat /tmp/submitted; journalctl --no-pager -u vexxy-server | tail -n 20; return 1; }
	job=$(grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}|[0-9A-HJKMNP-TV-Z]{26}' /tmp/submitted | head -n 1)
	vexxy results "$job" >/tmp/table && vexxy results "$job" -o /tmp/results && sed 's/^/# /' /tmp/table >/dev/ttyS0
}
gone() { for file in /usr/bin/vexxy /usr/bin/vexxy-agent /usr/bin/vexxy-server /usr/lib/systemd/system/vexxy-server.service /etc/default/vexxy-server; do [ ! -e $file ] || { echo "$file"; return 1; }; done; }

echo "guest: begins"
echo "# $(uname -r), $(systemctl --version | head -n 1)"
check 'the package is whole' dpkg --verify vexxy
check 'systemd takes its units as they are' no_complaint
check 'the agent can watch here' vexxy-agent probe
check 'a command is recorded' vexxy-agent record -q -o /tmp/run.trace.gz -- /bin/true
check 'and read back' vexxy replay /tmp/run.trace.gz --stats
check 'a registry with the image' registry
check 'the service is started' systemctl enable --now vexxy-server
check 'it answers' answers http://127.0.0.1:8001/health
check 'an analysis' analysis
check 'what ran is affected' grep -q 'CVE-2099-0001.* affected' /tmp/table
check 'its signatures hold' vexxy verify /tmp/results --key /var/lib/vexxy/signing.pub.pem
check 'its page is there' answers http://127.0.0.1:8001/
check 'the service starts again' systemctl restart vexxy-server
check 'and answers' answers http://127.0.0.1:8001/health
check 'with what it had' vexxy results "$job"
check 'the agent waits for its key' sh -c 'systemctl start vexxy-agent; [ "$(systemctl show -p ConditionResult --value vexxy-agent)" = no ]'
check 'with a key' sh -c 'vexxy-server key create --data /var/lib/vexxy --name node --scopes agent >/etc/vexxy/agent.key && chgrp vexxy /etc/vexxy/agent.key && chmod 640 /etc/vexxy/agent.key'
check 'and a server' sed -i 's,https://vexxy.example:8001,http://127.0.0.1:8001 --node here,' /etc/default/vexxy-agent
check 'it is started' systemctl start vexxy-agent
check 'and watches' sh -c 'for try in $(seq 120); do vexxy-agent status --state /var/lib/vexxy-agent && exit 0; sleep 1; done; vexxy-agent status; journalctl --no-pager -u vexxy-agent | tail -n 20; exit 1'
check 'it has its capabilities and no other' sh -c 'caps=$(sed -n "s/^CapabilityBoundingSet=//p" /usr/lib/systemd/system/vexxy-agent.service | tr A-Z a-z | sed "s/cap_//g; s/ /,+/g")
	want=$(setpriv --bounding-set "-all,+$caps" sed -n "s/^CapBnd:[[:space:]]*//p" /proc/self/status)
	got=$(sed -n "s/^CapEff:[[:space:]]*//p" "/proc/$(systemctl show -p MainPID --value vexxy-agent)/status")
	echo "it has $got and should have $want" && [ -n "$want" ] && [ "$got" = "$want" ]'
check 'the services stop' systemctl stop vexxy-agent vexxy-server
check 'no cgroup of an analysis is left' sh -c '! find /sys/fs/cgroup -type d -name "vexxy-[0-9]*" | grep .'
check 'the package is removed' dpkg --purge vexxy
check 'and nothing of it stays' gone
check 'but its data' test -e /var/lib/vexxy/vexxy.db
echo "guest: done"
