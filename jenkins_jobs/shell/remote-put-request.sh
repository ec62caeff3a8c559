#!/bin/bash
# remote-put-request: asks for a test on boards of the network.
#
# Takes      SELECTOR, TEST, SPEC, COUNT (any, each, a number), TIMEOUT, NOTES, YOUR_NAME; FUEGO_FTC
# Leaves     nothing; the request's id stands in the console, in the build's name and in its description
# Exits with 0 when it was put; 1 when the hub refused it; 2 when it was asked for wrongly

# shellcheck disable=SC2154  # people-common.sh, which comes before it, sets these
put_request() {
    local ids
    refuse_secrets SELECTOR TEST SPEC COUNT TIMEOUT NOTES YOUR_NAME
    need SELECTOR "which boards, like timslab:bbb or arch=arm64 (remote-boards lists them)"
    need TEST "which test, like Functional.hello_world"
    read_count
    as_people
    find_starter
    ids=$(must -q put-request "${count[@]}" --test="$TEST" --spec="${SPEC:-default}" --timeout="${TIMEOUT:-30m}" \
        --notes="$starter"$'\n'"${NOTES:-}" -- "$SELECTOR") || exit
    mapfile -t ids <<<"$ids"
    say "${#ids[@]} put: ${ids[*]}"
    "$ftc" query-request -- "${ids[0]}"
    describe --text="$starter" -- "${ids[@]}"
}

put_request
