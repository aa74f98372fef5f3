# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""What the scripts here ask of files in a root, by readelf: nothing of vexxy's reading of ELF files is in it."""
import functools
import os
import re
import subprocess


def tool(*words):
	return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def real(root, name):
	"""A path of the root without links, also absolute ones."""
	done, parts, links = "", [p for p in name.split("/") if p], 0
	while parts:
		part = parts.pop(0)
		step = os.path.normpath(done + "/" + part)
		if os.path.islink(root + step) and links < 40:
			links += 1
			target = os.readlink(root + step)
			parts = [p for p in target.split("/") if p] + parts
			done = "" if target.startswith("/") else done
		else:
			done = step if step != "/" else ""
	return done or "/"


def is_elf(path):
	with open(path, "rb") as f:
		return f.read(4) == b"\x7fELF"


def build_id(path):
	found = re.search("Build ID: ([0-9a-f]+)", tool("readelf", "-n", path))
	return found[1] if found else None


@functools.cache
def code_of(path):
	"""Executable segments: start, end, offset."""
	rows = [row.split() for row in tool("readelf", "-lW", path).split("\n")]
	return [(int(r[2], 16), int(r[2], 16) + int(r[4], 16), int(r[1], 16)) for r in rows if r[:1] == ["LOAD"] and "E" in "".join(r[6:-1])]


def address_of(path, offset):
	for start, end, begin in code_of(path):
		if begin <= offset < begin + end - start:
			return offset - begin + start
	raise ValueError(f"{path}: {offset:#x} is not in its code")


def offset_of(segments, address):
	"""Of segments as code_of has them, or as the store: in hexadecimal."""
	for start, end, begin in segments:
		start, end, begin = (int(n, 16) if isinstance(n, str) else n for n in (start, end, begin))
		if start <= address < end:
			return address - start + begin
	raise ValueError(f"{address:#x} is in none of these segments")
