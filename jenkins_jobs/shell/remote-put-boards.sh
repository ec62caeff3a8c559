#!/bin/bash
# remote-put-boards: shares boards of this lab with the network, or takes them back. It acts as the lab.
#
# Takes      BOARDS (with commas), ACTION (share, probe, withdraw, online, offline), YOUR_NAME; FUEGO_FTC
# Exits with 0; 1 when the hub refused it; 2 for a board that is not here

# shellcheck disable=SC2154  # people-common.sh, which comes before it, sets these
put_boards() {
    local verb options=()
    refuse_secrets BOARDS YOUR_NAME
    need BOARDS "boards of this lab, with commas between"
    need_one_of ACTION share probe withdraw online offline
    case $ACTION in
    share) verb=put-board ;;
    probe)
        verb=put-board
        options=(--probe)
        ;;
    withdraw) verb=rm-board ;;
    online) verb=update-board ;;
    offline)
        verb=update-board
        options=(--offline)
        ;;
    esac
    find_starter
    must "$verb" "${options[@]}" --boards="$BOARDS"
    describe --name="$ACTION $BOARDS" --text="${starter/#put from/told from}"
}

put_boards
