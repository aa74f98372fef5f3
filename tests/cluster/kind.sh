#!/bin/bash
# deploy/kind.sh, every line of it, in the cluster of tests/cluster/cluster.sh. kind is a **stand-in** here (the image of its nodes is in no package
# registry): what it does to a cluster is done to ours, by the same words. So seen: the images as kind.sh makes them are what containerd
# takes and the manifests name, and init-cluster.sh sets up a cluster that knows nothing of vexxy. Not seen: kind.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/kind.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

export KUBECONFIG_GIVEN=$KUBECONFIG CLUSTER="$cluster" NODE_DIR="$node_dir"
export KUBECONFIG=$scratch/kubeconfig PATH=$scratch/bin:$PATH STATE=$scratch/kind
mkdir "$scratch/bin"
cat >"$scratch/bin/kind" <<'END'
#!/bin/sh
# A stand-in for kind: the cluster is there, and becomes one of kind's when it is made.
set -eu
echo "$*" >>"$STATE.said"
case "$1 $2" in
'get clusters') cat "$STATE.clusters" 2>/dev/null || echo 'No kind clusters found.' >&2 ;;
'create cluster')
	[ "$3" = --name ] && ! grep -qsx "$4" "$STATE.clusters"
	kubectl --kubeconfig "$KUBECONFIG_GIVEN" config view --raw --flatten >"$KUBECONFIG"
	kubectl config rename-context "$(kubectl config current-context)" "kind-$4" >&2
	echo "$4" >>"$STATE.clusters"
	;;
'load image-archive')
	[ "$4" = --name ] && grep -qx "$5" "$STATE.clusters"
	"$CLUSTER" inside ctr --address "$NODE_DIR/containerd.sock" --namespace k8s.io images import "$(realpath "$3")" >&2
	;;
*) echo "ERROR: unknown command \"$*\"" >&2 && exit 1 ;;
esac
END
chmod +x "$scratch/bin/kind"
give_volume() { # kind's own come from its storage class
	mkdir -p "$node_dir/volume" && kubectl --kubeconfig "$KUBECONFIG_GIVEN" apply -f - <<-END
		apiVersion: v1
		kind: PersistentVolume
		metadata: {name: vexxy-data}
		spec:
		  capacity: {storage: 50Gi}
		  accessModes: [ReadWriteOnce]
		  local: {path: $node_dir/volume}
		  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node]}]}]}}
	END
}
v() { kubectl -n vexxy "$@"; }
answers() { v exec deploy/vexxy-server -c server -- vexxy-server key create --data /var/lib/vexxy --name me | grep -q '^vex_'; }
said() { [ "$(grep -c "^$1" "$STATE.said")" = "$2" ]; }

for name in agent server; do
	[ -d "build/images/$name.oci" ] || deploy/images/build.sh "$name" >"$scratch/images.log" 2>&1
	check "the $name's image is there" test -d "build/images/$name.oci"
done
without() { # tool
	mkdir -p "$scratch/few" && for tool in sh sed dirname env; do ln -sf "$(command -v $tool)" "$scratch/few/"; done
	for tool in kind kubectl skopeo; do [ $tool = "$1" ] || ln -sf /bin/true "$scratch/few/$tool"; done
	fails_with 1 "^error: $1 is missing" env PATH="$scratch/few" deploy/kind.sh
	status=$?
	rm -rf "$scratch/few"
	return $status
}
check 'a volume' give_volume
for tool in kind kubectl skopeo; do check "it says that $tool is missing" without $tool; done
check 'it makes a cluster and sets everything up' deploy/kind.sh
check 'the cluster was made' said 'create cluster --name vexxy$' 1
check 'both images were loaded' said 'load image-archive build/images/' 2
check 'nothing of them is left' eval '! ls build/images/*.tar'
check 'the context is its own' test "$(kubectl config current-context)" = kind-vexxy
check 'server and agent are ready' eval 'v rollout status deployment/vexxy-server --timeout=5s && v rollout status daemonset/vexxy-agent --timeout=5s'
check 'and gives a key, as it says at its end' answers
check 'again, it changes nothing' eval "deploy/kind.sh >$scratch/again && ! grep -E ' (created|configured)\$' $scratch/again"
check 'and makes no other cluster' said 'create cluster' 1
check 'all of it is deleted' kubectl delete -k deploy/kubernetes/base --timeout=180s
check 'and the volume' kubectl delete pv vexxy-data --timeout=60s
finish
