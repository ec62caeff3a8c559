#!/bin/sh
# A lab without bridge and Jenkins: takes one request after the other, runs it here, delivers the run.
# Needs ftc with the lab's settings (fuego.conf), and nothing else of us running for the same boards.
ftc=${FUEGO_FTC:-ftc} # FUEGO_POLL_PAUSE: seconds before the next try after something went wrong
while :; do
    if request=$("$ftc" get-request -q --wait) && [ -n "$request" ]; then
        "$ftc" run-request "$request" && "$ftc" put-run "$request" && continue
        echo "poll: request $request did not go all the way; see above" >&2
    fi
    sleep "${FUEGO_POLL_PAUSE:-30}"
    "$ftc" push-runs # what an earlier pass could not deliver
done
