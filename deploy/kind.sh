#!/bin/sh
# vexxy in a cluster on a laptop, by kind (Kubernetes in Docker): makes the cluster, loads the images, and sets everything up.
#   deploy/kind.sh [NAME]      default vexxy; `kind delete cluster --name vexxy` takes it away
# The kernel is the laptop's own: 6.1 or newer with BTF. Before: make, then deploy/images/build.sh as root.
set -eu
cd "$(dirname "$0")/.."
name=${1:-vexxy}
version=$(sed -n 's/.*VEXXY_VERSION "\(.*\)".*/\1/p' include/version.h)
for tool in kind kubectl skopeo; do
	command -v $tool >/dev/null || { echo "error: $tool is missing" >&2 && exit 1; }
done
[ -e /sys/kernel/btf/vmlinux ] || { echo 'error: this kernel has no type information (/sys/kernel/btf/vmlinux)' >&2 && exit 1; }
kind get clusters | grep -qx "$name" || kind create cluster --name "$name"
for image in agent server; do
	[ -d "build/images/$image.oci" ] || { echo "error: no build/images/$image.oci: run deploy/images/build.sh" >&2 && exit 1; }
	skopeo copy --quiet "oci:build/images/$image.oci:$version" "docker-archive:build/images/$image.tar:docker.io/library/vexxy-$image:$version"
	kind load image-archive "build/images/$image.tar" --name "$name"
	rm "build/images/$image.tar"
done
kubectl config use-context "kind-$name"
deploy/init-cluster.sh
