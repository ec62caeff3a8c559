#!/bin/bash
# Nothing on the way from the board to the result may break letters beyond ASCII, nor break over bytes that are none.

test_deploy() {
    put "$TEST_HOME/letters.sh" "$BOARD_TESTDIR/fuego.$TESTDIR/"
}

test_run() {
    report "cd $BOARD_TESTDIR/fuego.$TESTDIR; sh ./letters.sh"
}
