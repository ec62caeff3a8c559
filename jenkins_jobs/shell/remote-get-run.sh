#!/bin/bash
# remote-get-run: fetches the run of a request. It waits for nothing.
#
# Takes      REQUEST; FUEGO_FTC
# Leaves     REQUEST.frp (the run package), run/ (what is in it), run/junit.xml
# Exits with 0; 1 when there is no run yet; 2 for what is no request's id

# shellcheck disable=SC2154  # people-common.sh, which comes before it, sets these
get_run() {
    refuse_secrets REQUEST
    need_request
    rm -rf -- run unpacked
    rm -f -- ./*.frp
    if ! "$ftc" get-run --output="$REQUEST.frp" --unpack=unpacked -- "$REQUEST"; then
        describe -- "$REQUEST"
        exit 1
    fi
    mv -T -- unpacked/run run && rmdir -- unpacked || exit
    "$ftc" convert-run --output=run/junit.xml -- run || exit
    describe -- "$REQUEST"
}

get_run
