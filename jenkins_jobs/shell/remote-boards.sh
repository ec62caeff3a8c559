#!/bin/bash
# remote-boards: leaves the boards of the network as a page.
#
# Takes      SELECTOR (may be empty); FUEGO_FTC
# Leaves     boards.html
# Exits with 0; 1 when the hub does not answer; 2 for a selector that is none

# shellcheck disable=SC2154  # people-common.sh, which comes before it, sets these
list_boards() {
    local selector=()
    refuse_secrets SELECTOR
    rm -f -- boards.html
    trim "${SELECTOR:-}"
    [[ -z $trimmed ]] || selector=("$trimmed")
    must list-boards -r -- "${selector[@]}"
    must -q list-boards -r --html=boards.html -- "${selector[@]}"
    describe --name="boards${trimmed:+: $trimmed}" --text="boards.html, below, has the boards of the network"
}

list_boards
