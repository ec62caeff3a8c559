#!/bin/bash
# Says each second that it is still there.

test_pre_check() {
    assert_define FUNCTIONAL_SLEEPER_SECONDS
}

test_run() {
    report "for second in \$(seq $FUNCTIONAL_SLEEPER_SECONDS); do echo \"second \$second\"; sleep 1; done; echo awake"
}

test_processing() {
    log_compare "$TESTDIR" "1" "^awake" "p"
}
