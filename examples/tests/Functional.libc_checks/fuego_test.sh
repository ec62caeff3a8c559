#!/bin/bash
# Several test cases out of one program: parser.py reads its TAP lines.

test_build() {
    cp "$TEST_HOME/checks.c" . && $CC -O2 -Wall -o checks checks.c -lm
}

test_deploy() {
    put checks "$BOARD_TESTDIR/fuego.$TESTDIR/"
}

test_run() {
    report "cd $BOARD_TESTDIR/fuego.$TESTDIR; ./checks"
    report_append "echo '# kernel' \$(uname -r)"
}
