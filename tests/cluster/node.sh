#!/bin/bash
# The node of tests/cluster/cluster.sh: runs as the first process of namespaces of its own (network, mounts, processes, cgroups), so that
# all of it ends with this. Whatever dies is started again after a moment; NAME.pid is its number in here.
#   node.sh DIR BINARIES HIDDEN POLICIES    DIR: everything that is written, BINARIES: what tests/cluster/build.sh printed, HIDDEN: places
#                                           that are empty in here at first, POLICIES: what tests/cluster/build_policies.sh printed
set -eu
dir=$1 bin=$2 hidden=$3 policies=$4
here=$PWD/tests/cluster
cd "$dir"
subnet=10.88.77 service=10.96.77
export PATH=$bin:/usr/sbin:/usr/bin:/sbin:/bin

mounts() { # with the hierarchies of cgroups as they are from its own on down
	for place in $hidden; do mount -t tmpfs tmpfs "$place"; done
	grep -E '^[^ ]+ [^ ]+ cgroup2? ' /proc/mounts | while read -r _ place type options _; do
		names=$(echo "$options" | tr ',' '\n' | grep -vxE 'rw|ro|relatime|no[a-z]+|nsdelegate|memory_.*' | sed 's/^name=/none,&/' | paste -sd, || true)
		umount "$place" && mount -t "$type" ${names:+-o "$names"} "$type" "$place"
		# v2 wants no processes where controllers are given on.
		[ "$type" = cgroup ] || { mkdir -p "$place/init" && echo 1 >"$place/init/cgroup.procs"; }
	done
	# Of the kubelet's own disk there is little, so that it can be full.
	mkdir -p kubelet && mount -t tmpfs -o size=512m tmpfs kubelet
	mount --make-rshared /
}
network() { # a bridge for the pods; the node's own address is on it
	ip link set lo up
	ip link add cni0 type bridge
	ip addr add $subnet.1/24 dev cni0
	ip link set cni0 up
	ip route add $service.0/24 dev cni0
	sysctl -qw net.ipv4.ip_forward=1 || true
	# What goes from pod to pod passes where policies are enforced. Of IPv6 there is none: not even between neighbours.
	sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
	ip6tables -P FORWARD DROP
	ip6tables -A INPUT -i cni0 -j DROP
}
certificate() { # name, subject, more of openssl x509's extensions
	openssl req -newkey rsa:2048 -nodes -keyout "pki/$1.key" -out "pki/$1.csr" -subj "$2" 2>/dev/null
	printf 'extendedKeyUsage=clientAuth,serverAuth\n%s' "${3:-}" >"pki/$1.ext"
	openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 30 -out "pki/$1.crt" -extfile "pki/$1.ext" 2>/dev/null
}
kubeconfig() { # name, namespace
	cat >"$1.kubeconfig" <<-END
		apiVersion: v1
		kind: Config
		clusters: [{name: c, cluster: {server: "https://127.0.0.1:6443", certificate-authority: pki/ca.crt}}]
		users: [{name: u, user: {client-certificate: pki/$1.crt, client-key: pki/$1.key}}]
		contexts: [{name: x, context: {cluster: c, user: u}}]
		current-context: x
	END
}
make_pki() {
	mkdir -p pki
	openssl req -x509 -newkey rsa:2048 -nodes -keyout pki/ca.key -out pki/ca.crt -days 30 -subj /CN=vexxy-test-ca 2>/dev/null
	openssl genrsa -out pki/sa.key 2048 2>/dev/null
	openssl rsa -in pki/sa.key -pubout -out pki/sa.pub 2>/dev/null
	certificate apiserver /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:$subnet.1,IP:$service.1,DNS:kubernetes.default.svc,DNS:localhost"
	certificate admin /O=system:masters/CN=admin
	certificate controllers /CN=system:kube-controller-manager
	certificate scheduler /CN=system:kube-scheduler
	certificate node /O=system:nodes/CN=system:node:node "subjectAltName=IP:$subnet.1,IP:127.0.0.1"
	for name in admin controllers scheduler node; do kubeconfig $name; done
}
configure() {
	mkdir -p cni kubelet log
	printf '%s\n' '{"cniVersion":"0.4.0","name":"pods","plugins":[{"type":"bridge","bridge":"cni0","isGateway":true,"ipam":{"type":"host-local",' \
		"\"dataDir\":\"$dir/ipam\",\"ranges\":[[{\"subnet\":\"$subnet.0/24\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}}]}" >cni/10-pods.conflist
	cat >containerd.toml <<-END
		version = 2
		root = "$dir/containerd"
		state = "$dir/containerd.state"
		disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.tracing"]
		[grpc]
		address = "$dir/containerd.sock"
		[plugins."io.containerd.internal.v1.opt"]
		path = "$dir/opt"
		[plugins."io.containerd.grpc.v1.cri"]
		sandbox_image = "127.0.0.1:5000/pause:1"
		restrict_oom_score_adj = true
		stream_server_address = "127.0.0.1"
		[plugins."io.containerd.grpc.v1.cri".registry.mirrors."$subnet.1:5000"]
		endpoint = ["http://$subnet.1:5000"]
		[plugins."io.containerd.grpc.v1.cri".cni]
		bin_dir = "/usr/lib/cni"
		conf_dir = "$dir/cni"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.vexxy-gvisor]
		runtime_type = "io.containerd.runsc.v1"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.vexxy-gvisor.options]
		TypeUrl = "io.containerd.runsc.v1.options"
		ConfigPath = "$dir/runsc.toml"
	END
	# As deploy/kubernetes/overlays/gvisor/runsc.toml has it, but that the agent of the tests writes into a folder of this cluster's.
	printf '[runsc_config]\n  pod-init-config = "%s/gvisor/session.json"\n' "$dir" >runsc.toml
	mkdir -p gvisor
	cat >kubelet.yaml <<-END
		apiVersion: kubelet.config.k8s.io/v1beta1
		kind: KubeletConfiguration
		address: $subnet.1
		readOnlyPort: 0
		authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $dir/pki/ca.crt}}
		authorization: {mode: AlwaysAllow}
		tlsCertFile: $dir/pki/node.crt
		tlsPrivateKeyFile: $dir/pki/node.key
		containerRuntimeEndpoint: unix://$dir/containerd.sock
		cgroupDriver: cgroupfs
		failCgroupV1: false
		failSwapOn: false
		oomScoreAdj: 0
		makeIPTablesUtilChains: false
		enforceNodeAllocatable: []
		evictionPressureTransitionPeriod: 5s
		evictionHard: {memory.available: 50Mi, nodefs.available: 5%, imagefs.available: 1%, nodefs.inodesFree: 1%}
		imageGCHighThresholdPercent: 100
		imageGCLowThresholdPercent: 99
		podPidsLimit: 1024
		maxPods: 60
		resolvConf: ""
		clusterDNS: [$service.10]
		clusterDomain: cluster.local
		staticPodPath: ""
		nodeStatusUpdateFrequency: 4s
		volumePluginDir: $dir/volume-plugins
	END
	printf 'version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: %s\n  delete:\n    enabled: true\nhttp:\n  addr: 0.0.0.0:5000\n' "$dir/registry" >registry.yml
}
keep() { # name, command…
	name=$1
	shift
	(while :; do
		"$@" >>"log/$name.log" 2>&1 &
		echo $! >"$name.pid"
		wait $! || true
		echo "# $name ended; started again" >>"log/$name.log"
		sleep 2
	done) &
}
mounts
network
make_pki
configure
keep registry docker-registry serve registry.yml
keep etcd etcd --data-dir "$dir/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
	--listen-peer-urls http://127.0.0.1:2380 --unsafe-no-fsync
keep containerd containerd --config containerd.toml
keep kube-apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --secure-port=6443 --advertise-address=$subnet.1 \
	--endpoint-reconciler-type=none --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key --client-ca-file=pki/ca.crt \
	--kubelet-client-certificate=pki/admin.crt --kubelet-client-key=pki/admin.key --kubelet-preferred-address-types=InternalIP \
	--service-account-issuer=https://kubernetes.default.svc --service-account-key-file=pki/sa.pub --service-account-signing-key-file=pki/sa.key \
	--service-cluster-ip-range=$service.0/24 --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged
keep kube-controller-manager kube-controller-manager --kubeconfig=controllers.kubeconfig --bind-address=127.0.0.1 --leader-elect=false \
	--service-account-private-key-file=pki/sa.key --root-ca-file=pki/ca.crt --use-service-account-credentials \
	--cluster-signing-cert-file=pki/ca.crt --cluster-signing-key-file=pki/ca.key
keep kube-scheduler kube-scheduler --kubeconfig=scheduler.kubeconfig --bind-address=127.0.0.1 --leader-elect=false
keep kubelet kubelet --config=kubelet.yaml --kubeconfig=node.kubeconfig --hostname-override=node --node-ip=$subnet.1 --root-dir="$dir/kubelet"
keep services "$here/services.py" "$dir" $subnet.1
keep dropped "$here/dropped.py" "$dir"
keep policies "$policies/policies" --kubeconfig=admin.kubeconfig --node=node --services=$service.0/24
wait
