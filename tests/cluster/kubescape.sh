#!/bin/bash
# The server in a cluster with Kubescape: tests/cluster/cluster.sh up has made the cluster. Kubescape's own storage, which serves its kinds
# from an API server behind the cluster's, cannot be built here: its kinds are CustomResourceDefinitions instead (their lists have content,
# and what they do not know is kept), and what writes into them is kubescape_player.py. Names, versions, conflicts and rights are real.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/kubescape.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh
pki=${CLUSTER_DIR:-$PWD/build/cluster}/pki
group=spdx.softwarecomposition.kubescape.io
plays() { # mode
	[ -z "$other_pids" ] || { kill "$other_pids"; wait "$other_pids" 2>/dev/null; }
	tests/cluster/kubescape_player.py "$pki" $namespace "$1" >>"$scratch/player.log" 2>&1 &
	other_pids=$!
}
define_kinds() {
	while read -r kind plural; do
		cat <<-END
			apiVersion: apiextensions.k8s.io/v1
			kind: CustomResourceDefinition
			metadata: {name: $plural.$group, labels: {vexxy.dev/test: kubescape}}
			spec:
			  group: $group
			  scope: Namespaced
			  names: {kind: $kind, plural: $plural, singular: ${kind,,}, listKind: ${kind}List}
			  versions: [{name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
			---
		END
	done >"$scratch/kinds" <<-END
		ContainerProfile containerprofiles
		ApplicationProfile applicationprofiles
		SBOMSyft sbomsyfts
		SBOMSyftFiltered sbomsyftfiltereds
		VulnerabilityManifest vulnerabilitymanifests
		OpenVulnerabilityExchangeContainer openvulnerabilityexchangecontainers
	END
	kubectl apply -f "$scratch/kinds" && kubectl wait --for=condition=Established --timeout=60s crd --all
}
# The server is who the manifests make it, and may what they say.
give_rights() { # overlay
	kubectl kustomize "deploy/kubernetes/$1" | python3 -c 'import re, sys
for text in sys.stdin.read().split("\n---\n"):
    if re.search(r"^kind: (Namespace|ServiceAccount|Role|RoleBinding|NetworkPolicy)$", text, re.M): print(text, end="\n---\n")' | kubectl apply -f -
}
as_server() { # a kubeconfig of the server's account
	python3 - "$KUBECONFIG" "$pki" >"$scratch/kubeconfig" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
text = re.sub(r"(certificate-authority|client-certificate|client-key): pki", rf"\1: {sys.argv[2]}", text)
print(re.sub(r"(client-key: [^},]*)", r'\1, as: "system:serviceaccount:vexxy:vexxy-server"', text))
PY
}
with_kubescape() { kube_server --kubeconfig "$scratch/kubeconfig" --gate-timeout 180 --kubescape-wait 25 "$@"; }
again() { stop_server; kill "$agent_pid" && wait "$agent_pid"; with_kubescape "$@" && start_agent; }
report() { gives 200 GET "/api/v1/analysis/$job/report" && cp "$scratch/body" "$scratch/report.json"; }
holds() { # python expression: v the verdicts of the report by id, c its cross-check, off the verdicts without Kubescape
	python3 - "$scratch/report.json" "$scratch/off.json" "$1" <<'PY'
import json, os, sys
reports = [json.load(open(p)) if os.path.exists(p) else {"verdicts": []} for p in sys.argv[1:3]]
v, off = ({x["id"]: x for x in r["verdicts"]} for r in reports)
c = reports[0].get("cross_check")
if not eval(sys.argv[3]):
    sys.exit(f"cross-check {json.dumps(c)}\nverdicts {json.dumps({i: (x['status'], x['rule'], x['confidence'], x.get('cross_check')) for i, x in v.items()})}")
PY
}
ends() { # sentence, request: as completes, and keeps its results
	completes "$@"
	cp "$scratch/body" "$scratch/results"
}
tells() { grep -qE -- "$1" "$scratch/results" || { grep -o '"limitations":.*' "$scratch/results"; return 1; }; } # extended regular expression
has_object() { # plural, python expression on the object o: the newest of Job $job
	kubectl -n kubescape get "$1" -l "kubescape.io/workload-name=$(name_of_job)" -o json >"$scratch/objects" && python3 - "$scratch/objects" "$2" <<'PY'
import json, sys
items = json.load(open(sys.argv[1]))["items"]
assert len(items) == 1, f"{len(items)} of them"
o, = items
assert eval(sys.argv[2]), json.dumps(o)[:4000]
PY
}
name_of_job() { echo "vexxy-$job-a1"; }

# Its program is no shell, which could load anything.
base_rootfs() { :; }
eval "$(declare -f make_rootfs | sed 's/^make_rootfs/base_rootfs/')"
make_rootfs() { base_rootfs "$1" && mkdir -p "$1/lib" && cp -L /lib/x86_64-linux-gnu/libz.so.1 "$1/lib/libz.so.1"; }
push_sleep() {
	push_image web unused >/dev/null && umoci config --image "$scratch/layout-web:1" --clear=config.entrypoint --clear=config.cmd \
		--config.entrypoint /bin/busybox --config.entrypoint sleep --config.entrypoint 600 &&
		skopeo copy -q --dest-tls-verify=false "oci:$scratch/layout-web:1" "docker://127.0.0.1:$registry/team/web:1" >&2 &&
		skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$registry/team/web:1"
}
forget() { # what an earlier run has left, or this one
	kubectl delete crd -l vexxy.dev/test=kubescape --ignore-not-found && kubectl -n $namespace delete role,rolebinding vexxy-server-kubescape --ignore-not-found
}
forget >/dev/null 2>&1
web=$(push_sleep)
check 'an image with a library that nothing loads' test "${web#sha256:}" != "$web"
check 'the image of the gate' push_agent
check 'the rights of the manifests' give_rights base
check 'a kubeconfig of the server' as_server
check 'the server finds the cluster' with_kubescape
check 'an agent on the node' start_agent
{ osv CVE-2099-0001 busybox-static; osv CVE-2099-0002 zlib1g; } >"$scratch/osv.jsonl"

ends 'without Kubescape' "$(request web "$web" 12)"
check 'the result says that it is not there' tells "Kubescape: the cluster does not serve $group/v1beta1: there is no second observer"
check 'nothing is known of vulnerabilities' tells 'No vulnerabilities were known for this image'

check 'Kubescape comes' define_kinds
check 'its namespace' eval 'kubectl create namespace kubescape --dry-run=client -o yaml | kubectl apply -f -'
plays complete
ends 'without rights' "$(request web "$web" 12)"
check 'the result says what it may not, and where the rights are' tells 'containerprofiles.*is forbidden.*deploy/kubernetes/overlays/kubescape has the rights'
check 'the rights of the overlay' give_rights overlays/kubescape

# The client gives nothing: Kubescape's report is what is decided on.
ends 'with its report' "$(request web "$web" 12)"
check 'nothing is missing' eval '! tells Kubescape && ! tells "No vulnerabilities"'
check 'its report is there' report
check 'its CVEs are decided on' holds 'sorted(v) == ["CVE-2099-1001", "CVE-2099-1002"]'
check 'two observers are compared: they saw the same program' holds 'c["container"] == "target" and c["execs"]["both"] == 1 and c["execs"]["only_kubescape_count"] == 0 and "doubt" not in c'
check 'the profile is named' holds 'c["profiles"][0]["kind"] == "ContainerProfile" and c["profiles"][0]["status"] == "completed" and c["profiles"][0]["completion"] == "complete"'
check 'both say that the library was not used' holds 'v["CVE-2099-1002"]["cross_check"] == "agree_unused"'
check 'what was compared is kept' gives 200 GET "/api/v1/analysis/$job/kubescape-profile"
check 'so is the report' gives 200 GET "/api/v1/analysis/$job/kubescape-vulnerabilities"
slug=$(python3 - "$(name_of_job)" <<'PY'
import hashlib, sys
h = hashlib.sha256(f"apiVersion-batch/v1/namespace-vexxy-sandbox/kind-Job/name-{sys.argv[1]}/containerName-target".encode()).hexdigest()
print(f"job-{sys.argv[1]}-target-{h[:4]}-{h[60:]}")
PY
)
keys="o['metadata']['name'] == '$slug' and o['metadata']['labels']['kubescape.io/workload-kind'] == 'Job' and o['metadata']['labels']['kubescape.io/workload-container-name'] == 'target' and o['metadata']['annotations']['kubescape.io/instance-id'].endswith('/containerName-target') and o['metadata']['annotations']['kubescape.io/status'] == 'ready' and o['metadata']['annotations']['kubescape.io/wlid'].startswith('wlid://')"
check 'the filtered SBOM is in the cluster, with its names' has_object sbomsyftfiltereds "$keys and o['metadata']['labels']['kubescape.io/sbom-type'] == 'container' and 'artifacts' in o['spec']['syft']"
check 'so is the filtered report' has_object vulnerabilitymanifests "$keys and o['metadata']['labels']['kubescape.io/context'] == 'filtered' and o['spec']['metadata']['withRelevancy'] is True"
vex() { kubectl -n kubescape get openvulnerabilityexchangecontainers "$slug" -o json >"$scratch/objects" && python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))["spec"]
ids = [x["@id"] for x in s["statements"]]
ours = [i for i in ids if not i.startswith("https://kubescape.io/vex/statement/")]
assert s["author"] == "kubescape.io" and s["version"] == 1 and len(ids) - len(ours) == 1 and len(ours) == 2, s' "$scratch/objects"; }
check 'and the OpenVEX, beside what Kubescape states' vex
check 'which is kept with the result, too' gives 200 GET "/api/v1/analysis/$job/kubescape-vex"
check 'nothing of the sandbox is left' nothing_there

# What the client gives of a kind stands alone.
check 'vulnerabilities of the image' gives 201 POST "/api/v1/vulnerabilities?image_digest=$web" --data-binary "@$scratch/osv.jsonl"
decided() { ends "$1" "$(request web "$web" 12)" && check "$1: its report is there" report; }
decided 'with vulnerabilities of the client'"'"'s'
check 'they are decided on alone' holds 'sorted(v) == ["CVE-2099-0001", "CVE-2099-0002"] and c["execs"]["both"] == 1'

plays seen
decided 'a library that only Kubescape saw'
check 'is never not affected' holds 'v["CVE-2099-0002"]["status"] != "not_affected" and v["CVE-2099-0002"]["rule"] == "R10"'
check 'and is told' holds 'c["libraries"]["only_kubescape"] == ["/lib/libz.so.1"]'

no_proof() { # what the result tells, what the cross-check does
	check 'the result says that it proves nothing' tells "Kubescape: what its profile does not have proves nothing: $1"
	check 'it is a doubt of the cross-check, and no agreement' holds "'$2' in c['doubt'] and v['CVE-2099-0002']['cross_check'] == 'unknown'"
	check 'which makes no absence surer' holds 'v["CVE-2099-0002"]["status"] == off["CVE-2099-0002"]["status"] and v["CVE-2099-0002"]["confidence"] <= off["CVE-2099-0002"]["confidence"]'
}
# … than no Kubescape at all.
plays idle
check 'a server without Kubescape' again --kubescape off
decided 'off'
check 'it has no cross-check, and no word of it' eval 'holds "c is None" && ! tells Kubescape'
cp "$scratch/report.json" "$scratch/off.json"
check 'a server that reads' again --kubescape read --kubescape-wait 4
plays partial
decided 'a partial profile'
no_proof 'it is partial' 'it is partial'
plays too-large
decided 'one that is too large'
no_proof 'it became too large' 'too large'
plays learning
decided 'one that is learned for ever'
no_proof 'Kubescape is still learning it' 'still learning'
check 'who only reads has written nothing' eval 'has_none() { [ -z "$(kubectl -n kubescape get sbomsyftfiltereds -l "kubescape.io/workload-name=$(name_of_job)" -o name)" ]; }; has_none'
plays pod
decided 'a profile of an older Kubescape, of the whole pod'
check 'is compared as well' holds 'c["profiles"][0]["kind"] == "ApplicationProfile" and c["execs"]["both"] == 1'
plays idle
decided 'nobody who watches'
check 'the bound wins, and the result says so' tells 'Kubescape: no profile of the container, so there is no second observer'
check 'the server ends' stop_server
check 'its kinds go' forget
check 'nothing is left' nothing_there
check 'what was played went well' eval '! grep -E "Error|Traceback" "$scratch/player.log"'
finish
