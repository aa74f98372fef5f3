# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Inside gdb: which places of a program that is linked statically it reaches, each by a temporary breakpoint.

    PLACES=LIST HITS=OUTPUT gdb -nx -batch -x by_gdb.py --args COMMAND…    the command ends by executing the program

LIST: lines of "PROGRAM BUILD_ID 0xOFFSET 0xADDRESS". OUTPUT: "hit BUILD_ID 0xOFFSET". The status is the command's. For what cannot
be simulated (Go's runtime under valgrind).
"""
import os

import gdb


def read_places():
	places = {}
	with open(os.environ["PLACES"]) as lines:
		for program, build_id, offset, address in map(str.split, lines):
			places.setdefault(program, {})[int(address, 16)] = f"hit {build_id} {offset}"
	return places


def program_of(places):
	"""That of the list which the process executes now; None: none of them."""
	name = gdb.current_progspace().filename or ""
	return next((p for p in places if name.endswith(p)), None)


def alive():
	return gdb.selected_inferior().pid != 0


def main():
	places, hits = read_places(), []
	for setting in ("pagination off", "confirm off", "startup-with-shell off", "breakpoint pending off", "debuginfod enabled off"):
		gdb.execute("set " + setting)
	gdb.execute("handle all nostop noprint pass", to_string=True)
	gdb.execute("handle SIGTRAP stop nopass", to_string=True)
	gdb.execute("catch exec", to_string=True)
	gdb.execute("run", to_string=True)
	while alive() and not program_of(places):
		gdb.execute("continue", to_string=True)
	wanted = places.get(program_of(places) if alive() else None, {})
	gdb.execute("delete", to_string=True)
	for address in wanted:
		gdb.execute(f"tbreak *{address:#x}", to_string=True)
	while alive():
		gdb.execute("continue", to_string=True)
		if alive():
			hits.append(wanted[gdb.newest_frame().pc()])
	with open(os.environ["HITS"], "w") as out:
		out.write("".join(sorted(hit + "\n" for hit in set(hits))))
	status = gdb.parse_and_eval("$_exitcode")
	gdb.execute(f"quit {int(status) if status.type.code != gdb.TYPE_CODE_VOID else 125}")


main()
