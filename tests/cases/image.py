# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""image.py — the root of an image from a listing: package databases, files, and ELF files small enough to be read."""
import os
import pathlib
import re
import shlex
import struct


def words_of(line):
    """The words of a line, and those of the form key=value apart."""
    words = shlex.split(line)
    more = [w for w in words if re.match("[a-z_]+=", w)]
    return [w for w in words if w not in more], dict(w.split("=", 1) for w in more)


def elf(soname=None, needed=(), imports=(), interp=None, build_id=None, text="", kind="dyn", go=False, machine=62):
    """A 64-bit little-endian ELF file with one loaded segment; without anything dynamic it is a static program."""
    names = ["", *([soname] if soname else []), *needed, *imports]
    strings, offsets = b"", {}
    for name in names:
        offsets[name] = len(strings)
        strings += name.encode() + b"\0"
    dynamic = bool(soname or needed or imports)
    programs = 1 + dynamic + bool(interp) + bool(build_id)
    at = 64 + 56 * programs
    body, places = b"", {}

    def place(name, data):
        nonlocal body
        body += b"\0" * (-(at + len(body)) % 8)
        places[name] = (at + len(body), len(data))
        body += data

    symbols = b"\0" * 24 + b"".join(struct.pack("<IBBHQQ", offsets[n], 0x12, 0, 0, 0, 0) for n in imports)
    place("strings", strings)
    place("symbols", symbols)
    place("hash", struct.pack("<II", 0, 1 + len(imports)))
    entries = [(5, places["strings"][0]), (10, len(strings)), (6, places["symbols"][0]), (11, 24), (4, places["hash"][0])]
    entries += [(14, offsets[soname])] if soname else []
    entries += [(1, offsets[n]) for n in needed] + [(0, 0)]
    place("dynamic", b"".join(struct.pack("<QQ", *e) for e in entries))
    place("interp", (interp or "").encode() + b"\0")
    raw = bytes.fromhex(build_id or "")
    place("note", struct.pack("<III4s", 4, len(raw), 3, b"GNU\0") + raw + b"\0" * (-len(raw) % 4))
    place("text", text.encode() + b"\0")
    sections = at + len(body) + (-(at + len(body)) % 8)
    total = sections + (3 * 64 + 24 if go else 0)

    def header(kind, name=None):
        start, size = places[name] if name else (0, total)
        return struct.pack("<IIQQQQQQ", kind, 5, start, start, start, size, size, 8)

    headers = header(1)
    headers += header(2, "dynamic") if dynamic else b""
    headers += header(3, "interp") if interp else b""
    headers += header(4, "note") if build_id else b""
    head = b"\x7fELF\2\1\1" + b"\0" * 9
    head += struct.pack("<HHIQQQIHHHHHH", 3 if kind == "dyn" else 2, machine, 1, 0 if soname else 64, 64,
                        sections if go else 0, 0, 64, 56, programs, 64, 3 if go else 0, 1 if go else 0)
    ret = (head + headers + body).ljust(sections, b"\0")
    if go:
        ret += b"\0" * 64
        ret += struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, sections + 192, 24, 0, 0, 0, 0)
        ret += struct.pack("<IIQQQQIIQQ", 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
        ret += b"\0.go.buildinfo\0".ljust(24, b"\0")
    return ret


class Image:
    """Fills a directory line by line; done() writes the databases."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.status, self.apk, self.owner, self.files = [], [], None, {}
        self.diversions = []

    def path(self, name):
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name, data, mode=0o644):
        path = self.path(name)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        path.chmod(mode)

    def own(self, name):
        if self.owner:
            self.files[self.owner].append(name)

    def line(self, text):
        plain, more = words_of(text)
        getattr(self, "do_" + plain[0])(plain[1:], more)

    def do_os(self, words, more):
        self.write("/etc/os-release", f'ID={words[0]}\nVERSION_ID="{words[1]}"\n')

    def do_deb(self, words, more):
        arch, same = more.get("arch", "amd64"), "same" in words
        text = f"Package: {words[0]}\nStatus: {more.get('status', 'install ok installed')}\nArchitecture: {arch}\n"
        text += f"Source: {more['source']}\n" if "source" in more else ""
        text += "Multi-Arch: same\n" if same else ""
        text += f"Depends: {more['depends']}\n" if "depends" in more else ""
        self.status.append(text + f"Version: {words[1]}\n")
        name = f"{words[0]}:{arch}" if same else words[0]
        self.owner = None if more.get("list") == "none" else ("deb", name)
        self.files.setdefault(self.owner, [])

    def do_apk(self, words, more):
        self.owner = ("apk", words[0])
        self.files[self.owner] = []
        origin = f"o:{more['origin']}\n" if "origin" in more else ""
        self.apk.append((self.owner, f"P:{words[0]}\nV:{words[1]}\nA:x86_64\n{origin}"))

    def do_pypi(self, words, more):
        info = f"{more.get('site', '/usr/lib/python3/dist-packages')}/{words[0]}-{words[1]}.dist-info"
        self.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {words[0]}\nVersion: {words[1]}\n\n")
        self.owner = ("pypi", info)
        self.files[self.owner] = [f"{info}/METADATA"]

    def do_npm(self, words, more):
        self.owner = None
        self.write(f"{words[2]}/package.json", f'{{"name":"{words[0]}","version":"{words[1]}"}}\n')

    def do_unowned(self, words, more):
        self.owner = None

    def do_missing(self, words, more):
        self.own(words[0])

    def do_elf(self, words, more):
        split = {k: more[k].split(",") for k in ("needed", "imports") if k in more}
        same = {k: more[k] for k in ("soname", "interp", "build_id", "text", "kind") if k in more}
        self.write(words[0], elf(**split, **same, go="go" in words[1:]), 0o755)
        self.own(words[0])

    def do_text(self, words, more):
        content = words[1] if len(words) > 1 else r"content\n"
        self.write(words[0], content.encode().decode("unicode_escape").encode("latin-1"))
        self.own(words[0])

    def do_script(self, words, more):
        self.write(words[0], f"#!{words[1]}\ntrue\n", 0o755)
        self.own(words[0])

    def do_link(self, words, more):
        self.path(words[0]).symlink_to(words[1])
        self.own(words[0])

    def do_own(self, words, more):
        """The package's list has that path, whoever made the file."""
        self.own(words[0])

    def do_divert(self, words, more):
        self.diversions += words[:3]

    def do_fifo(self, words, more):
        os.mkfifo(self.path(words[0]))

    def done(self):
        if self.status:
            self.write("/var/lib/dpkg/status", "\n".join(self.status))
        if self.diversions:
            self.write("/var/lib/dpkg/diversions", "".join(f"{line}\n" for line in self.diversions))
        for owner, files in self.files.items():
            if owner and owner[0] == "deb":
                self.write(f"/var/lib/dpkg/info/{owner[1]}.list", "".join(f"{f}\n" for f in ["/.", *files]))
            if owner and owner[0] == "pypi":
                site = os.path.dirname(owner[1])
                names = [os.path.relpath(f, site) for f in files] + [os.path.relpath(f"{owner[1]}/RECORD", site)]
                self.write(f"{owner[1]}/RECORD", "".join(f"{n},,\n" for n in names))
        text = ""
        for owner, head in self.apk:
            text += head
            for f in self.files[owner]:
                text += f"F:{os.path.dirname(f).lstrip('/')}\nR:{os.path.basename(f)}\n"
            text += "\n"
        if text:
            self.write("/lib/apk/db/installed", text)
