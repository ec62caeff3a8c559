#!/bin/sh
# Keeps ftc lab serve running where there is no systemd: from cron (@reboot), or as what a container runs.
# Takes the options of ftc lab serve. Needs ftc with the lab's settings, and flock. TERM ends both.
ftc=${FUEGO_FTC:-ftc}
lock=${FUEGO_LOOP_LOCK:-${TMPDIR:-/tmp}/fuego-lab-loop.$(id -u).lock}
pause=5 # seconds before the next start; doubled after each that failed soon, up to five minutes

exec 9>"$lock" || exit 1
flock -n 9 || { echo "lab-loop: another one runs (it holds $lock)" >&2; exit 1; }
child=
trap 'trap - TERM INT; [ -z "$child" ] || { kill "$child" 2>/dev/null; wait "$child"; }; exit 0' TERM INT

while :; do
    started=$(date +%s)
    "$ftc" lab serve "$@" 9>&- &
    child=$!
    wait "$child"
    status=$?
    [ $(($(date +%s) - started)) -lt 60 ] || pause=5
    echo "lab-loop: ftc lab serve ended with $status; it is started again in $pause s" >&2
    sleep "$pause" 9>&- &
    child=$!
    wait "$child"
    pause=$((pause < 150 ? pause * 2 : 300))
done
