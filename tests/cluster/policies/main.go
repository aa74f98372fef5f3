// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition

// Enforces the cluster's NetworkPolicies on its node, for tests: of kube-router, which does so in real clusters, only that part.
package main

import (
	"flag"
	"os"
	"sync"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

func must(err error) {
	if err != nil {
		klog.Error(err)
		os.Exit(1)
	}
}

func main() {
	config := options.NewKubeRouterConfig()
	config.EnableIPv4 = true
	config.IPTablesSyncPeriod = time.Minute
	kubeconfig := flag.String("kubeconfig", "", "whose rights it has")
	services := flag.String("services", "", "the addresses of Services")
	flag.StringVar(&config.HostnameOverride, "node", "", "the node's name")
	klog.InitFlags(nil)
	flag.Parse()
	config.ClusterIPCIDRs = []string{*services}

	access, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	must(err)
	client, err := kubernetes.NewForConfig(access)
	must(err)
	tables, sets, err := netpol.NewIPTablesHandlers(config)
	must(err)
	never := make(chan struct{})
	all := informers.NewSharedInformerFactory(client, 0)
	pods, spaces, policies := all.Core().V1().Pods().Informer(), all.Core().V1().Namespaces().Informer(), all.Networking().V1().NetworkPolicies().Informer()
	all.Start(never)
	all.WaitForCacheSync(never)
	controller, err := netpol.NewNetworkPolicyController(client, config, pods, policies, spaces, &sync.Mutex{}, tables, sets)
	must(err)
	for _, err := range []error{handle(pods.AddEventHandler(controller.PodEventHandler)), handle(spaces.AddEventHandler(controller.NamespaceEventHandler)),
		handle(policies.AddEventHandler(controller.NetworkPolicyEventHandler))} {
		must(err)
	}
	beats := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range beats {
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	controller.Run(beats, never, &running)
}

func handle(_ any, err error) error { return err }
