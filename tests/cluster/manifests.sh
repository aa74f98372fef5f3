#!/bin/bash
# The API server of tests/cluster takes the manifests and the chart of deploy/, by a dry run with strict validation: nothing is made.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/manifests.sh"
. tests/lib.sh

# Namespaces are not there in a dry run: what belongs into ours is tried in "default". What needs an operator's own kinds is left out.
takes() { # file
	python3 - "$1" >"$scratch/objects" <<'PY'
import re, sys
for text in open(sys.argv[1]).read().split("\n---\n"):
    if "kind:" in text and "monitoring.coreos.com" not in text:
        print(re.sub(r"namespace: vexxy$", "namespace: default", text, flags=re.M), end="\n---\n")
PY
	kubectl apply --dry-run=server --validate=strict -f "$scratch/objects" >"$scratch/said" 2>&1 || { cat "$scratch/said"; return 1; }
	! grep -vE ' \(server dry run\)$|last-applied-configuration' "$scratch/said"
}
for name in vexxy-sandbox kubescape; do
	kubectl get namespace $name >/dev/null 2>&1 || kubectl create namespace $name >/dev/null
done
for kustomization in deploy/kubernetes/base deploy/kubernetes/overlays/*; do
	check "$kustomization can be rendered" eval "kubectl kustomize $kustomization >$scratch/rendered"
	check 'and is taken' takes "$scratch/rendered"
done
if command -v helm >/dev/null; then
	check 'so is the chart' eval 'helm template vexxy deploy/helm/vexxy --namespace vexxy >$scratch/chart && takes $scratch/chart'
else
	skip 'so is the chart' 'there is no helm'
fi
finish
