#!/bin/bash
# Waits until nobody uses the board any more, so that Jenkins does not free the board's node before that: an aborted
# build ends for Jenkins while its script still collects the run, and while a process of the test may live on.
# For the plugin postbuildscript, which runs it after every build, on the board's node.
#
# Takes      FUEGO_REMOTE_BOARD, FUEGO_LAB_DIR
# Exits with 0 always: what came of the build stands in outcome.json
set -u

# Seconds; a board that somebody uses by hand, or a process that cannot be ended, must not hold the node for ever.
WAIT_SECONDS=60

lock=${FUEGO_LAB_DIR:-}/locks/${FUEGO_REMOTE_BOARD:-}.lock

# The folder is the tests' as well: what is no plain file is not opened.
[[ -f $lock && ! -L $lock ]] || exit 0
if ! flock --shared --timeout "$WAIT_SECONDS" "$lock" true; then
    echo "remote-request: the board is still in use after $WAIT_SECONDS s: see who has $lock open"
fi
exit 0
