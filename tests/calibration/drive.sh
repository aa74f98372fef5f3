#!/bin/bash
# The driver: a mark before each job, so that a job is a unit of observation. JOBS, IN, OUT and, for the server, URL.
exec 4>"$VEXXY_MARKS"
[ -n "${URL:-}" ] || exec 5>"$IN" 6<"$OUT"
while read -r job; do
	echo "mark job" >&4
	sleep 0.1 # the agent reads the mark, and takes what comes after it for the next unit
	if [ -n "${URL:-}" ]; then
		for page in $job; do curl -s -o /dev/null --max-time 20 "$URL/$page"; done
	else
		echo "$job" >&5
		read -r _ <&6
	fi
done <"$JOBS"
