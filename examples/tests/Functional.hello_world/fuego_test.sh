#!/bin/bash
# Builds on the host, runs on the board, reads the test log.

test_pre_check() {
    assert_define FUNCTIONAL_HELLO_WORLD_ARG
}

test_build() {
    cp "$TEST_HOME/hello.c" . && $CC -O2 -Wall -o hello hello.c
}

test_deploy() {
    put hello "$BOARD_TESTDIR/fuego.$TESTDIR/"
}

test_run() {
    report "cd $BOARD_TESTDIR/fuego.$TESTDIR; ./hello $FUNCTIONAL_HELLO_WORLD_ARG"
}

test_processing() {
    log_compare "$TESTDIR" "1" "^SUCCESS" "p"
}
