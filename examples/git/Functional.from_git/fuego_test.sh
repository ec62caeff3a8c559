#!/bin/bash
# Cloned by the lab, at the reference that the request names.

test_run() {
    report "echo running on \$(uname -m); echo OK"
}

test_processing() {
    log_compare "$TESTDIR" "1" "^OK$" "p"
}
