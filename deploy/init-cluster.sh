#!/bin/sh
# Puts vexxy into the cluster that kubectl talks to: namespaces, a certificate of its own, and the manifests.
#   deploy/init-cluster.sh [KUSTOMIZATION]       default deploy/kubernetes/base; the images must be where the nodes can pull them
#   deploy/init-cluster.sh --chart [NAMESPACE]   only what the Helm chart wants to find: its namespace (default vexxy), and the certificate
# Again, it changes nothing that is there: not the certificate.
set -eu
cd "$(dirname "$0")/.."
kustomization=deploy/kubernetes/base namespace=vexxy
case ${1:-} in
--chart) kustomization='' namespace=${2:-vexxy} ;;
?*) kustomization=$1 ;;
esac
k() { kubectl --namespace "$namespace" "$@"; }
has() { k get "$@" >/dev/null 2>&1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077

# The chart makes the sandbox's namespace itself.
if [ -n "$kustomization" ]; then
	kubectl apply -f deploy/kubernetes/base/namespaces.yaml
else
	sed "/^---\$/,\$d; s/^  name: vexxy\$/  name: $namespace/" deploy/kubernetes/base/namespaces.yaml | kubectl apply -f -
fi
if ! has secret vexxy-server-tls; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=vexxy' -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=vexxy-server' -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
	printf 'subjectAltName=DNS:vexxy-server,DNS:vexxy-server.%s,DNS:vexxy-server.%s.svc,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' "$namespace" "$namespace" >"$work/ext"
	openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 825 -extfile "$work/ext" -out "$work/tls.crt" 2>/dev/null
	k create secret generic vexxy-server-tls --from-file="$work/tls.crt" --from-file="$work/tls.key" --from-file="$work/ca.crt"
fi
if [ -z "$kustomization" ]; then
	echo "The chart can be installed: helm upgrade --install vexxy deploy/helm/vexxy --namespace $namespace --set image.server=…,image.agent=…"
	exit 0
fi
kubectl apply -k "$kustomization"
k rollout status deployment/vexxy-server --timeout=300s
k rollout status daemonset/vexxy-agent --timeout=300s
cat <<'END'
vexxy runs. A key for yourself, told once:
  kubectl -n vexxy exec deploy/vexxy-server -c server -- vexxy-server key create --data /var/lib/vexxy --name me
The interface, on this machine:
  kubectl -n vexxy port-forward service/vexxy-server 8001
END
