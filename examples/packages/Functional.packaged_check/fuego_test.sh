#!/bin/bash
# Not installed anywhere: packaged by its requester and sent along with the request.

test_deploy() {
    put "$TEST_HOME/look.sh" "$BOARD_TESTDIR/fuego.$TESTDIR/"
}

test_run() {
    report "cd $BOARD_TESTDIR/fuego.$TESTDIR; sh ./look.sh"
}
