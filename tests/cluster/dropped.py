#!/usr/bin/python3
# In the node of tests/cluster: a line for each packet that the enforcer of NetworkPolicies drops (of ten a minute for each pod, which it
# tells the kernel's log of packets), with the pods' names for their addresses.
#   dropped.py DIR     DIR: with pki/; the API server is on 127.0.0.1:6443
import json, socket, ssl, struct, sys, time, urllib.request

GROUP = 100  # kube-router's
NETFILTER, LOG, PACKET, CONFIG = 12, 4 << 8, 0, 1  # linux/netlink.h, linux/netfilter/nfnetlink.h, nfnetlink_log.h
BIND, COPY, PAYLOAD = 1, 2, 9
directory, = sys.argv[1:]
context = ssl.create_default_context(cafile=f"{directory}/pki/ca.crt")
context.load_cert_chain(f"{directory}/pki/admin.crt", f"{directory}/pki/admin.key")


def ask(kernel, kind, value):
    attribute = struct.pack("=HH", 4 + len(value), kind) + value
    body = struct.pack(">BBH", socket.AF_INET, 0, GROUP) + attribute + bytes(-len(attribute) % 4)
    kernel.send(struct.pack("=IHHII", 16 + len(body), LOG | CONFIG, 5, 0, 0) + body)  # a request, to be acknowledged
    error = struct.unpack_from("=i", kernel.recv(4096), 16)[0]
    if error:
        sys.exit(f"error: the kernel's log of packets: {-error}")


def attributes(message):
    at = 20
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, at)
        yield kind & 0x3fff, message[at + 4:at + length]
        at += max(4, length + 3 & ~3)


def names():
    try:
        pods = json.load(urllib.request.urlopen("https://127.0.0.1:6443/api/v1/pods", context=context, timeout=10))["items"]
    except OSError:
        return {}
    return {p["status"]["podIP"]: f"{p['metadata']['namespace']}/{p['metadata']['name']}" for p in pods
            if p["status"].get("podIP") and not p["spec"].get("hostNetwork") and p["status"]["phase"] in ("Pending", "Running")}


def described(packet):
    protocol, ports = packet[9], packet[(packet[0] & 15) * 4:][:4]
    hosts = [socket.inet_ntoa(packet[at:at + 4]) for at in (12, 16)]
    known = names()
    source, target = (known.get(h, h) for h in hosts)
    port = f" {'tcp' if protocol == 6 else 'udp'} {struct.unpack('>HH', ports)[1]}" if protocol in (6, 17) and len(ports) == 4 else f" protocol {protocol}"
    return f"{time.strftime('%H:%M:%S')} {source} -> {target}{port}"


kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
ask(kernel, 1, struct.pack("=B", BIND))
ask(kernel, 2, struct.pack(">IBx", 128, COPY))
while True:
    data = kernel.recv(65536)
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        if kind == LOG | PACKET:
            for number, value in attributes(data[:length]):
                if number == PAYLOAD and len(value) >= 24:
                    print(described(value), flush=True)
        data = data[max(16, length + 3 & ~3):]
