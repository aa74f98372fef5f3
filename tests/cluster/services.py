#!/usr/bin/python3
# In the node of tests/cluster, in place of kube-proxy and CoreDNS: the addresses of Services lead to their pods (iptables), and their names
# to these addresses (a resolver on UDP). Both are made anew whenever a Service or an EndpointSlice changes.
#   services.py DIR ADDRESS     DIR: with pki/, ADDRESS: where the resolver listens; the API server is on 127.0.0.1:6443
import json, socket, ssl, struct, subprocess, sys, threading, time, urllib.request

directory, address = sys.argv[1:]
context = ssl.create_default_context(cafile=f"{directory}/pki/ca.crt")
context.load_cert_chain(f"{directory}/pki/admin.crt", f"{directory}/pki/admin.key")
names = {}
changed = threading.Event()


def ask(path, timeout):
    return urllib.request.urlopen(f"https://127.0.0.1:6443{path}", context=context, timeout=timeout)


def watch(path):
    while True:
        changed.set()
        try:
            for _ in ask(f"{path}?watch=1&timeoutSeconds=300", 400):
                changed.set()
        except OSError as e:
            print(f"{path}: {e}", flush=True)
        time.sleep(1)


def rules(services, slices):
    for service in services:
        where, spec = service["metadata"], service["spec"]
        if spec.get("clusterIP", "None") == "None":
            continue
        ours = [s for s in slices if s["metadata"]["namespace"] == where["namespace"]
                and s["metadata"].get("labels", {}).get("kubernetes.io/service-name") == where["name"]]
        for port in spec["ports"]:
            to = sorted({f"{e['addresses'][0]}:{p['port']}" for s in ours for e in s.get("endpoints") or []
                         if e["conditions"].get("ready") for p in s["ports"] if p.get("name", "") == port.get("name", "")})
            if (where["namespace"], where["name"]) == ("default", "kubernetes"):
                to = [f"{address}:6443"]
            for n, pod in enumerate(to):
                share = f"-m statistic --mode nth --every {len(to) - n} --packet 0 " if n + 1 < len(to) else ""
                yield f"-A SERVICES -d {spec['clusterIP']} -p {port['protocol'].lower()} --dport {port['port']} {share}-j DNAT --to-destination {pod}"


def lead():
    while True:
        changed.wait()
        changed.clear()
        try:
            services = json.load(ask("/api/v1/services", 10))["items"]
            slices = json.load(ask("/apis/discovery.k8s.io/v1/endpointslices", 10))["items"]
        except OSError as e:
            print(f"list: {e}", flush=True)
            time.sleep(1)
            changed.set()
            continue
        text = "*nat\n:SERVICES - [0:0]\n-F SERVICES\n" + "".join(f"{r}\n" for r in rules(services, slices)) + "COMMIT\n"
        subprocess.run(["iptables-restore", "--noflush"], input=text.encode(), check=True)
        names.update({f"{s['metadata']['name']}.{s['metadata']['namespace']}.svc.cluster.local": s["spec"].get("clusterIP", "None") for s in services})
        print(text, flush=True)


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace").lower())
        at += 1 + query[at]
    end = at + 5
    kind, its = struct.unpack(">H", query[at + 1:at + 3])[0], names.get(".".join(labels))
    is_address = kind == 1 and its not in (None, "None")
    head = query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if its else 3), 1, int(is_address), 0, 0)
    return head + query[12:end] + (b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04" + socket.inet_aton(its) if is_address else b"")


for chain in ("PREROUTING", "OUTPUT"):
    subprocess.run(["sh", "-c", f"iptables -t nat -N SERVICES 2>/dev/null; iptables -t nat -C {chain} -j SERVICES 2>/dev/null || iptables -t nat -A {chain} -j SERVICES"], check=True)
# Pods are neighbours on the bridge: without this an answer would not come back the way that the question went.
subprocess.run(["sh", "-c", "iptables -t nat -C POSTROUTING -m conntrack --ctstate DNAT -j MASQUERADE 2>/dev/null || iptables -t nat -A POSTROUTING -m conntrack --ctstate DNAT -j MASQUERADE"], check=True)
for kind in ("/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices"):
    threading.Thread(target=watch, args=(kind,), daemon=True).start()
threading.Thread(target=lead, daemon=True).start()
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind((address, 53))
while True:
    query, who = resolver.recvfrom(512)
    try:
        resolver.sendto(answer(query), who)
    except (IndexError, struct.error):
        pass
