# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
forge.py — what an attacker, or a careless hand, makes of a signed result.

    forge.py edit FILE CODE              runs CODE over the JSON document (or the lines) of FILE: `e` is the first envelope, `t` the tree
    forge.py sign KEY.pem PAYLOAD FILE   a bundle of the payload (a file), signed with openssl: all is right but what it says
    forge.py bytes DIR N SEED VERIFY…    N changes of one byte each in any file of DIR; each must make VERIFY exit with 3
"""
import base64
import json
import pathlib
import random
import subprocess
import sys


def edit(path, code):
    path = pathlib.Path(path)
    text = path.read_text()
    lines = text.splitlines() if path.suffix == ".jsonl" else [text]
    t = json.loads(lines[0])
    names = {"t": t, "e": t.get("dsseEnvelope", t), "base64": base64, "json": json}
    exec(code, names)
    lines[0] = json.dumps(names["t"], separators=(",", ":")) if path.suffix == ".jsonl" else json.dumps(names["t"], indent=2) + "\n"
    path.write_text("\n".join(lines) + "\n" if path.suffix == ".jsonl" else lines[0])


def sign(key, payload, path):
    body = pathlib.Path(payload).read_bytes()
    kind = b"application/vnd.in-toto+json"
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
    sig = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=pae, capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    hint = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der, capture_output=True, check=True).stdout
    text = lambda data: base64.b64encode(data).decode()
    pathlib.Path(path).write_text(json.dumps({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": text(hint)}},
        "dsseEnvelope": {"payload": text(body), "payloadType": kind.decode(), "signatures": [{"keyid": "", "sig": text(sig)}]},
    }))


def change_bytes(directory, count, seed, verify):
    chance, missed = random.Random(int(seed)), 0
    files = sorted(p for p in pathlib.Path(directory).iterdir() if p.is_file())
    whole = {p: p.read_bytes() for p in files}
    for n in range(int(count)):
        path = files[n % len(files)]
        at = chance.randrange(len(whole[path]))
        data = bytearray(whole[path])
        data[at] ^= chance.randrange(1, 256)
        path.write_bytes(data)
        run = subprocess.run(verify, capture_output=True, text=True, errors="replace")
        if run.returncode != 3 or "fault: " not in run.stdout:
            missed += 1
            print(f"{path.name}: byte {at} is {data[at]:#04x}, was {whole[path][at]:#04x}: exit status {run.returncode}")
        path.write_bytes(whole[path])
    print(f"{count} changes in {len(files)} files, {missed} not detected")
    return missed > 0


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    if what == "bytes":
        sys.exit(change_bytes(*words[:3], words[3:]))
    {"edit": edit, "sign": sign}[what](*words)
