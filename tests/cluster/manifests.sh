#!/bin/bash
# The API server of tests/cluster takes the manifests and the chart of deploy/, by a dry run with strict validation: nothing is made.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
helm=$(tests/cluster/build_helm.sh)/helm || exit 1
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/manifests.sh"
. tests/lib.sh

# Namespaces are not there in a dry run: what belongs into ours is tried in "default". What needs an operator's own kinds is left out.
takes() { # file
	python3 - "$1" >"$scratch/objects" <<'PY'
import re, sys
for text in re.split(r"^---\n", open(sys.argv[1]).read(), flags=re.M):
    if "kind:" in text and "monitoring.coreos.com" not in text:
        print(re.sub(r"namespace: (vexxy|elsewhere|elsewhere-images)$", "namespace: default", text, flags=re.M), end="\n---\n")
PY
	kubectl apply --dry-run=server --validate=strict -f "$scratch/objects" >"$scratch/said" 2>&1 || { cat "$scratch/said"; return 1; }
	! grep -vE ' \(server dry run\)$|last-applied-configuration' "$scratch/said" && grep -c . "$scratch/said" >/dev/null
}
for name in vexxy-sandbox kubescape; do
	kubectl get namespace $name >/dev/null 2>&1 || kubectl create namespace $name >/dev/null
done
for kustomization in deploy/kubernetes/base deploy/kubernetes/overlays/*; do
	check "$kustomization can be rendered" eval "kubectl kustomize $kustomization >$scratch/rendered"
	check 'and is taken' takes "$scratch/rendered"
done
# The chart, with one choice after the other. A helm that is built from its module takes the cluster for an old one.
version=$(kubectl get --raw /version | python3 -c 'import json, sys; print(json.load(sys.stdin)["gitVersion"])')
renders() { # options of helm…
	"$helm" template vexxy deploy/helm/vexxy --namespace vexxy --kube-version "$version" "$@" >"$scratch/chart"
}
taken() { # sentence, options of helm…
	sentence=$1
	shift
	check "$sentence can be rendered" renders "$@"
	check 'and is taken' takes "$scratch/chart"
}
has() { grep -qE -- "$1" "$scratch/chart" || { echo "no line with '$1'"; return 1; }; }
check 'helm has nothing against the chart' eval '"$helm" lint deploy/helm/vexxy --strict --quiet >$scratch/lint || { cat $scratch/lint; false; }'
taken 'the chart'
check 'without a ConfigMap, a monitor, rights to Kubescape' eval '! has "kind: (ConfigMap|PodMonitor)|spdx.softwarecomposition"'
# It is another form of the same manifests: object by object.
same_objects() {
	kubectl kustomize deploy/kubernetes/base >"$scratch/base" && kubectl create --dry-run=client -o json -f "$scratch/base" >"$scratch/base.json" &&
		kubectl create --dry-run=client -o json -f "$scratch/chart" >"$scratch/chart.json" && python3 - "$scratch/base.json" "$scratch/chart.json" <<'PY'
import json, sys
def objects(path):
    text, at, found = open(path).read().strip(), 0, {}
    while at < len(text):
        o, at = json.JSONDecoder().raw_decode(text, at)
        while at < len(text) and text[at].isspace(): at += 1
        for one in o["items"] if o["kind"] == "List" else [o]:
            found[one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]] = one
    return found
base, chart = (objects(p) for p in sys.argv[1:])
base.pop(("Namespace", None, "vexxy"))  # whoever installs a chart makes that
sys.exit("only one has: %s" % (base.keys() ^ chart.keys()) if base.keys() != chart.keys() else
         "\n".join(f"{k}: {json.dumps(base[k])}\n{json.dumps(chart[k])}" for k in base if base[k] != chart[k]) or 0)
PY
}
check 'it has what the kustomization has' same_objects
taken 'the chart with Kubescape' --set kubescape.enabled=true
check 'and it has the rights to its objects' has 'spdx.softwarecomposition.kubescape.io'
taken 'the chart with monitoring' --set monitoring.enabled=true
check 'and it has a monitor' has 'kind: PodMonitor'
check 'whose alerts keep their own braces' has 'summary: "\{\{ \$value \}\} agents'
taken 'the chart elsewhere' --namespace elsewhere --set sandbox.namespace=elsewhere-images
check 'and nothing of it is where it was' eval '! grep -nE "namespace: vexxy|name: vexxy-sandbox|vexxy\.svc|=vexxy/|: \"?vexxy-sandbox" $scratch/chart'
check 'as the server is told' has '--agent-account=elsewhere/vexxy-agent'
cat >"$scratch/values.yaml" <<'END_OF_VALUES'
image:
  server: "registry.example/a/server@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  agent: "registry.example:5000/a/agent:2"
  pullSecrets: [{name: of-the-registry}]
server:
  storage: 200Gi
  tlsSecret: another
  environment: {SANDBOX_MEMORY_LIMIT: 2Gi, SANDBOX_PIDS_LIMIT: 512, VEXXY_RATE: 2000000, K8S_KUBESCAPE: "off", API_HOST: 'a "quoted" one', ENABLE_METRICS: true}
agent: {seccompProfile: RuntimeDefault}
END_OF_VALUES
taken 'the chart with values of another' --values "$scratch/values.yaml" --set kubescape.enabled=true,monitoring.enabled=true,kubescape.namespace=kubescape
check 'the server has its image' has 'image: "registry.example/a/server@sha256:0+"$'
check 'the agent has' has 'image: "registry.example:5000/a/agent:2"$'
check 'and so has the gate' has 'name: SANDBOX_GATE_IMAGE, value: "registry.example:5000/a/agent:2"'
check 'both are pulled with the secret' test "$(grep -c '^      imagePullSecrets: \[{"name":"of-the-registry"}\]$' "$scratch/chart")" = 2
check 'numbers are written out' has '^  VEXXY_RATE: "2000000"$'
check 'what is true too' has '^  ENABLE_METRICS: "true"$'
check 'text is as it was' has 'API_HOST: "a \\"quoted\\" one"$'
check 'the secret is the one that was named' test "$(grep -c 'secretName: another$\|secretName: another}' "$scratch/chart")" -ge 1
check 'the volume has its size' has 'storage: 200Gi'
check 'the profile is the one that was named' has 'seccompProfile: \{type: RuntimeDefault\}'
finish
