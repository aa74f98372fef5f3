/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * trace_format.h — the trace file (*.trace.gz), which is the only interface between the node and the centre.
 *
 * JSON Lines in gzip, UTF-8 (bytes of a path that are no UTF-8 are written as \u0000-free "\\xHH" escapes inside the
 * string, and the record then carries the flag "escaped"; a backslash of such a path is doubled; the same goes for "given"
 * and "addr" of the records that have no path; elsewhere such bytes become U+FFFD). One line, one object.
 *
 * First line, the header:
 *   {"vexxy_trace":"1.0","agent":"0.1.0",
 *    "node":{"name":S,"kernel":S,"arch":S,"boot_id":S},
 *    "clock":{"start":"RFC 3339 UTC","boottime_ns":N},
 *    "container":{"id":S,"cgroup":S,"cgroup_id":"N","image":S,"image_digest":"sha256:…","rootfs":S,"command":[S…],"isolation":"gvisor"},
 *    "watch":{"backend":"raw"|"fentry"|"gvisor","level":"file","began":"first_exec"|"late","policy":"first-seen"|"all","window_s":N,
 *             "kinds":[S…],"attach":[{"what":S,"point":S}…],"functions":N,"functions_id":S}}
 *   Members of "container" that are not known are absent. "late" also when the agent began before the first exec but
 *   could not prove it. "isolation" is what was between the container and the node's kernel (absent: nothing). "level" is how far
 *   the evidence goes where that is not to functions (absent): "file" is about programs, scripts and opened files, and silent
 *   of what was mapped; "kinds" then lacks "map". Of backend "gvisor", files have no "dev" and "ino".
 *
 * Then records in time order. Common members: "t" (ns since clock.start, integer), "kind", and where a process is
 * concerned "pid" (tgid in the agent's pid namespace) and "comm". A record that reached the agent when later ones were
 * written carries their "t", and "late_ns": by how much it is too high.
 *
 *   FILE members: "path" (as seen from the container's root, resolved by the kernel), "dev" ("MAJ:MIN"), "ino" (string),
 *   "gen" (N), "flags":[ "truncated" (path cut at the front: it starts with "…/"), "deleted", "outside_root" (path is from the root of the mount
 *   tree instead), "memfd", "escaped", "by_inode" (path found by a search for (dev, ino)), "by_name" (a program or
 *   the first line of a script named it so, and what was found there was not told), "unresolved" ]. Absent flags: none.
 *
 *   exec      FILE, "role": "program" | "script" | "interpreter" (the ELF interpreter that the kernel mapped),
 *             "ppid", "build_id" as in map. One record per distinct file and role.
 *   fork      "pid" of the child, "ppid".   exit  "code" (wait status).   Both bounded: see "capped" in the last line.
 *   open      FILE, "access": "r" | "w" | "rw" | "path" | "x", "how": the mechanism: open, openat, openat2, creat, open_by_handle_at,
 *             io_uring, exec, kernel, snapshot, unknown …; "dir":true for a directory.
 *   open      (failed) "error": errno name, "given": the string that the program passed, "how". Never a "path".
 *   map       FILE, "build_id" (hex, when the file has one), "addr" ("0x…", the load address of this mapping), "offset" (N, where in the file), "how":
 *             "mmap" | "mprotect" | "exec" | "snapshot". Executable mappings only.
 *   syscalls  "abi": "native" | "compat", "names":[S…] (numbers as "syscall_N" where no name is known): seen for the first time.
 *   probe     Functions of a file are watched from here on: "object" (path), "build_id" (absent: it has none), "sites": N (probes
 *             armed), "starts": N (of them at the beginning of a function, for coverage; absent: none), "refused":[{"offset":N,"symbol":S,"error":S}…] (not armed; more of them in further records with "sites":0),
 *             "armed": "before_code" (no instruction of the file had been executed in the container) | "late" (perhaps some had).
 *             A file that is not mapped executable has no such record: none of its functions can have run.
 *   function  A watched function ran, for the first time in this unit: "object" (path, as in probe), "build_id", "symbol",
 *             "offset" (N, in the file), "count":"1" (once or more often), "stack":["path+0xoff"…] (innermost first, at most 16;
 *             "0xaddress" where no file is mapped; by frame pointers, so callers may be missing; absent when none could be had),
 *             "start":true when it is watched as the beginning of a function, for coverage.
 *   net       "op":"listen"|"connect", "family":"inet"|"inet6"|"unix", "addr":S, "port":N, "error" when it failed.
 *   module    "runtime", "name".
 *   lost      "what": a cause (below), "lost_kind": kind or "any", "count": N (since the last such record).
 *   mark      "name": S, "unit": N. A unit ends where the next begins; time windows are marks named "window". Unit 0 begins
 *             with the recording and has no mark.
 *
 * Last line: {"kind":"end","t":N,"reason":"exited"|"duration"|"interrupted"|"cgroup_empty"|"agent_ended"|"write_error"|…,
 *   "exit":N (wait status, when a command was run),"driver":N (wait status, when one ran and ended),"counts":{kind:N…},"capped":{kind:N…},"losses":{cause:N…},
 *   "syscalls":{"native":[…],"compat":[…]},"rusage":{"user_us":N,"system_us":N,"max_rss_kb":N}}
 *   Counts, capped and losses are always there, and all causes of loss are listed, also those with 0. Without a last line
 *   the trace is incomplete, and every reader says so.
 *
 * Causes of loss: ring (no room to report), map_full (first-seen map full: repeats are reported, nothing is missing, but
 * counted), walk (a path could not be walked to the root), trylock (the address space was locked), storage (a task could not be
 * followed: no memory for its mark, or it left the cgroup), recursion (a program was skipped by the kernel), uring (io_uring result not understood), read (a record could not be
 * resolved in user space), late (watch began late), write (a record that the file could not take), probe (functions of a
 * file could not be watched, or not any more; or a hit could not be reported).
 *
 * Readers skip unknown kinds and members, name the line of a fault, refuse a newer major version, and accept a
 * truncated file up to the truncation.
 */
#pragma once

#define TRACE_FORMAT_MAJOR 1
#define TRACE_FORMAT_VERSION "1.0"

#define TRACE_LINE_BYTES_MAX (64u * 1024)
#define TRACE_FILE_BYTES_MAX (1ull << 30) /* compressed */
#define TRACE_TEXT_BYTES_MAX (8ull << 30) /* unpacked */
#define TRACE_NESTING_MAX 8
#define TRACE_PATH_BYTES_MAX 4096

/* X(identifier, name): the kinds of record, in the order in which statistics list them. */
#define TRACE_KINDS(X)          \
	X(EXEC, "exec")         \
	X(EXIT, "exit")         \
	X(FORK, "fork")         \
	X(OPEN, "open")         \
	X(MAP, "map")           \
	X(SYSCALLS, "syscalls") \
	X(FUNCTION, "function") \
	X(PROBE, "probe")       \
	X(NET, "net")           \
	X(MODULE, "module")     \
	X(LOST, "lost")         \
	X(MARK, "mark")         \
	X(END, "end")

/* X(identifier, name): the causes of loss. */
#define TRACE_LOSSES(X)           \
	X(RING, "ring")           \
	X(MAP_FULL, "map_full")   \
	X(WALK, "walk")           \
	X(TRYLOCK, "trylock")     \
	X(STORAGE, "storage")     \
	X(RECURSION, "recursion") \
	X(URING, "uring")         \
	X(READ, "read")           \
	X(LATE, "late")           \
	X(WRITE, "write")         \
	X(PROBE, "probe")

#define TRACE_ENUM(id, name) TRACE_##id,
enum trace_kind { TRACE_KINDS(TRACE_ENUM) TRACE_KIND_COUNT };
#undef TRACE_ENUM

#define TRACE_ENUM(id, name) TRACE_LOSS_##id,
enum trace_loss { TRACE_LOSSES(TRACE_ENUM) TRACE_LOSS_COUNT };
#undef TRACE_ENUM
