#!/usr/bin/env python3
"""Plays the parts of Kubescape that write objects, for tests/cluster/kubescape.sh: the agent of a node, which learns what a container
of a sandbox does, and the scanner, which knows what is in its image. Names, labels and annotations are made here by the rules that
Kubescape has, and not by what is tested.

  kubescape_player.py PKI NAMESPACE MODE    until it is killed; MODE: complete, partial, learning (for ever), too-large, seen (complete,
                                            and a library was opened), pod (an ApplicationProfile, as older ones), idle
"""
import hashlib, http.client, json, re, ssl, sys, time

pki, namespace, mode = sys.argv[1:4]
group = "spdx.softwarecomposition.kubescape.io/v1beta1"
context = ssl.create_default_context(cafile=f"{pki}/ca.crt")
context.load_cert_chain(f"{pki}/admin.crt", f"{pki}/admin.key")


def ask(method, path, body=None):
    api = http.client.HTTPSConnection("127.0.0.1", 6443, context=context, timeout=30)
    api.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    reply = api.getresponse()
    return reply.status, json.loads(reply.read())


def write(plural, obj):
    where = f"/apis/{group}/namespaces/{obj['metadata']['namespace']}/{plural}"
    status, reply = ask("POST", where, obj)
    if status == 409:
        status, there = ask("GET", f"{where}/{obj['metadata']['name']}")
        changed = {**obj, "metadata": {**obj["metadata"], "resourceVersion": there["metadata"]["resourceVersion"]}}
        status, reply = ask("PUT", f"{where}/{obj['metadata']['name']}", changed)
    print(f"{plural} {obj['metadata']['name']}: {status}", flush=True)
    assert status in (200, 201), reply


def image_of(pod):
    status = next(c for c in pod["status"]["containerStatuses"] if c["name"] == "target")
    tag = next(c for c in pod["spec"]["containers"] if c["name"] == "target")["image"]
    return tag, status["imageID"]


def profile(pod, status):
    owner = pod["metadata"]["ownerReferences"][0]
    # A CronJob's Job ends in a number: its objects have names that nobody foresees.
    assert not owner["name"].split("-")[-1].isdigit(), owner["name"]
    whole = f"apiVersion-{owner['apiVersion']}/namespace-{namespace}/kind-{owner['kind']}/name-{owner['name']}"
    instance = whole if mode == "pod" else whole + "/containerName-target"
    digest = hashlib.sha256(instance.encode()).hexdigest()
    name = f"{owner['kind']}-{owner['name']}".lower()
    tag, image = image_of(pod)
    labels = {"workload-api-group": "batch", "workload-api-version": "v1", "workload-namespace": namespace, "workload-kind": "Job",
              "workload-name": owner["name"], "learning-period": pod["metadata"]["labels"]["kubescape.io/max-sniffing-time"]}
    notes = {"instance-id": instance, "wlid": f"wlid://cluster-test/namespace-{namespace}/job-{owner['name']}", "status": status,
             "completion": "partial" if mode == "partial" else "complete"}
    seen = {"capabilities": None, "endpoints": None, "imageID": image, "imageTag": tag, "syscalls": ["execve", "nanosleep"],
            "execs": [{"path": "/bin/busybox", "args": ["/bin/busybox", "sleep", "600"]}],
            "opens": [{"path": "/lib/libz.so.1", "flags": ["O_RDONLY"]}] if mode == "seen" else []}
    if status == "too-large":
        seen = {}
    if mode == "pod":
        spec, kind = {"architectures": ["amd64"], "containers": [{"name": "target", **seen}]}, "ApplicationProfile"
    else:
        labels["workload-container-name"] = "target"
        notes["workload-container-type"] = "containers"
        name += f"-target-{digest[:4]}-{digest[60:]}"
        spec, kind = {"architectures": ["amd64"], **seen} if seen else {}, "ContainerProfile"
    write("applicationprofiles" if mode == "pod" else "containerprofiles", {
        "apiVersion": group, "kind": kind, "spec": spec,
        "metadata": {"name": name, "namespace": namespace, "labels": {f"kubescape.io/{k}": v for k, v in labels.items()},
                     "annotations": {f"kubescape.io/{k}": v for k, v in notes.items()}}})
    return name


def scan(pod):
    tag, image = image_of(pod)
    name = (re.sub(r"://|[:/_@]", "-", tag) + "-" + image[-6:]).lower()
    purl = {n: f"pkg:deb/debian/{n}@{v}?arch=amd64&distro=debian-12" for n, v in (("busybox-static", "1:1.35.0-4"), ("zlib1g", "1:1.2.13.dfsg-1"))}
    source = {"type": "image", "name": tag, "id": image[-64:], "metadata": {"userInput": tag, "imageID": image, "repoDigests": [image]}}
    distro = {"id": "debian", "versionID": "12", "name": "Debian GNU/Linux"}
    artifacts = [{"id": n, "name": n, "version": p.split("@")[1].split("?")[0], "type": "deb", "locations": [{"path": "/var/lib/dpkg/status"}],
                  "licenses": [], "language": "", "cpes": [], "purl": p} for n, p in purl.items()]
    meta = {"name": name, "namespace": "kubescape", "annotations": {"kubescape.io/image-id": image, "kubescape.io/image-tag": tag, "kubescape.io/status": "ready"},
            "labels": {"kubescape.io/context": "non-filtered"}}
    write("sbomsyfts", {"apiVersion": group, "kind": "SBOMSyft", "metadata": meta, "spec": {
        "metadata": {"tool": {"name": "syft", "version": "1"}, "report": {"createdAt": None}},
        "syft": {"artifacts": artifacts, "artifactRelationships": [], "files": [], "source": source, "distro": distro,
                 "descriptor": {"name": "syft", "version": "1"}, "schema": {"version": "16.0.0", "url": "x"}}}})
    matches = [{"vulnerability": {"id": cve, "dataSource": f"https://example.org/{cve}", "severity": "High", "fix": {"versions": [], "state": "not-fixed"}},
                "relatedVulnerabilities": [], "matchDetails": [], "artifact": {k: a[k] for k in ("name", "version", "type", "locations", "purl")}}
               for cve, a in zip(("CVE-2099-1001", "CVE-2099-1002"), artifacts)]
    write("vulnerabilitymanifests", {"apiVersion": group, "kind": "VulnerabilityManifest", "metadata": meta, "spec": {
        "metadata": {"withRelevancy": False, "tool": {"name": "", "version": "1", "databaseVersion": "1"}, "report": {"createdAt": None}},
        "payload": {"matches": matches, "source": {"type": "image", "target": source["metadata"]}, "distro": {"name": "debian", "version": "12", "idLike": []},
                    "descriptor": {"name": "grype", "version": "1"}}}, "status": {}})


def exchange(name):
    """As a scanner with relevancy has it before us, under the name of the container."""
    write("openvulnerabilityexchangecontainers", {
        "apiVersion": group, "kind": "OpenVulnerabilityExchangeContainer", "metadata": {"name": name, "namespace": "kubescape"},
        "spec": {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "0" * 64, "author": "kubescape.io", "timestamp": "2026-01-01T00:00:00Z", "version": 0,
                 "statements": [{"@id": "https://kubescape.io/vex/statement/CVE-2099-0002/x", "vulnerability": {"name": "CVE-2099-0002"},
                                 "products": [{"@id": "pkg:oci/web"}], "status": "affected"}]}})


started = {}
while mode != "idle":
    status, pods = ask("GET", f"/api/v1/namespaces/{namespace}/pods?labelSelector=kubescape.io/max-sniffing-time")
    for pod in pods.get("items", []):
        key, states = pod["metadata"]["uid"], pod["status"].get("containerStatuses", [])
        if not any(s["name"] == "target" and "running" in s["state"] for s in states):
            continue
        if key not in started:
            scan(pod)
            name = profile(pod, "too-large" if mode == "too-large" else "ready")  # which it may become at any time
            if mode == "complete":
                exchange(name)
            started[key] = time.monotonic() + int(pod["metadata"]["labels"]["kubescape.io/max-sniffing-time"][:-1])
        elif started[key] and time.monotonic() > started[key] and mode != "learning":
            profile(pod, "too-large" if mode == "too-large" else "completed")
            started[key] = 0
    time.sleep(1)
while True:
    time.sleep(60)
