#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Which of the listed places callgrind saw executed: by_simulation.py LIST ROOT RESULT, which has callgrind.* in it.

LIST is what first_hits takes, the output, too, is as its: lines of "hit BUILD_ID 0xOFFSET", sorted.
"""
import glob
import os
import sys

import elf


def read_places(path):
	places, here = {}, None
	with open(path) as lines:
		for words in map(str.split, lines):
			if words[0] == "object":
				here = places.setdefault(words[1], set())
			elif words[0] == "site":
				here.add(int(words[1], 16))
	return places


def wanted_of(root, name, places):
	"""{address: (build-id, offset)} of what is asked of a file; None: nothing."""
	path = root + elf.real(root, name)
	build_id = elf.build_id(path) if os.path.isfile(path) and elf.is_elf(path) else None
	if not places.get(build_id):
		return None
	return {elf.address_of(path, offset): (build_id, offset) for offset in places[build_id]}


def main(list_path, root, result):
	places, root = read_places(list_path), os.path.realpath(root)
	hits, wanted = set(), {}
	for name in glob.glob(result + "/callgrind.*"):
		here = None
		with open(name) as lines:
			for line in lines:
				if line.startswith("0x"):
					place = here and here.get(int(line.split(" ", 1)[0], 16))
					if place:
						hits.add(place)
				elif line.startswith("ob="):
					file = line[3:].rstrip("\n")
					if file not in wanted:
						wanted[file] = wanted_of(root, file, places) if file.startswith("/") else None
					here = wanted[file]
	for build_id, offset in sorted(hits):
		print(f"hit {build_id} {offset:#x}")


if __name__ == "__main__":
	main(*sys.argv[1:])
