#!/bin/bash
# remote-approve: the lab's answer to a request that waits for its people. It acts as the lab, and says who answered.
#
# Takes      REQUEST, ANSWER (approve, reject), REASON, YOUR_NAME; FUEGO_FTC
# Exits with 0; 1 when the hub refused it; 2 when it was asked for wrongly

# shellcheck disable=SC2154  # people-common.sh, which comes before it, sets these
approve() {
    local said
    refuse_secrets REQUEST REASON YOUR_NAME
    need_request
    need_one_of ANSWER approve reject
    trim "${REASON:-}"
    [[ $ANSWER == approve || -n $trimmed ]] || usage "REASON is empty: the requester should know why"
    find_starter
    said=${starter/#put from/answered from}
    must "$ANSWER-request" --reason="${trimmed:+$trimmed; }$said" -- "$REQUEST"
    describe --name="$ANSWER $REQUEST" --text="$said" --text="$trimmed" -- "$REQUEST"
}

approve
