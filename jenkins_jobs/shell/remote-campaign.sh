#!/bin/bash
# remote-campaign: asks for several tests on several boards, and leaves how it is with them as a page.
#
# Takes      TESTS, SELECTORS (both with commas), SPEC, COUNT, TIMEOUT, WAIT (nothing, or how long: 2h), NOTES,
#            YOUR_NAME; FUEGO_FTC
# Leaves     campaign.html, campaign.txt
# Exits with 0 when all were taken and, after WAIT, all ended with PASS or SKIP; else 1; 2 when asked for wrongly

# shellcheck disable=SC2154  # people-common.sh, which comes before it, sets these
put_campaign() {
    local wait=() ids plural="" status=0
    refuse_secrets TESTS SELECTORS SPEC COUNT TIMEOUT WAIT NOTES YOUR_NAME
    rm -f -- campaign.html campaign.txt
    need TESTS "which tests, like Functional.hello_world, Benchmark.dhrystone"
    need SELECTORS "which boards, like type=bbb, timslab:bbb"
    read_count
    trim "${WAIT:-}"
    if [[ -n $trimmed ]]; then
        [[ $trimmed =~ ^[1-9][0-9]{0,4}[smh]?$ ]] || usage "WAIT is a time like 30m or 2h, or empty"
        wait=(--wait-limit="$trimmed")
    fi
    as_people
    find_starter
    "$ftc" put-campaign "${count[@]}" "${wait[@]}" --test="$TESTS" --spec="${SPEC:-default}" \
        --timeout="${TIMEOUT:-30m}" --notes="$starter"$'\n'"${NOTES:-}" --html=campaign.html -- "$SELECTORS" |
        tee campaign.txt || status=$?
    # The last column of each row that was taken; the table is ours, its cells are not.
    mapfile -t ids < <(LC_ALL=C grep -oE '[0-9]{8}-[0-9]{9}-[a-z2-7]{8}$' campaign.txt)
    if ((${#ids[@]} == 0)); then
        not_done "no request was taken: the console says why"
        exit "$status"
    fi
    ((${#ids[@]} == 1)) || plural=s
    describe --name="${#ids[@]} request$plural: $TESTS on $SELECTORS" --text="$starter" -- "${ids[@]}"
    exit "$status"
}

put_campaign
