#!/bin/bash
# A test that ran and did not pass: a result like any other.

test_run() {
    report "echo 'ok 1 - one is one'; echo '# expected 2, found 1'; echo 'not ok 2 - one is two'; echo 1..2"
}
