#!/bin/bash
# Two measurements with units (reference.json) and lowest acceptable values (criteria.json).

test_pre_check() {
    assert_define BENCHMARK_MEMORY_AND_SORT_MEGABYTES
    assert_define BENCHMARK_MEMORY_AND_SORT_NUMBERS
    assert_define BENCHMARK_MEMORY_AND_SORT_ROUNDS
}

test_build() {
    cp "$TEST_HOME/measure.c" . && $CC -O2 -Wall -o measure measure.c
}

test_deploy() {
    put measure "$BOARD_TESTDIR/fuego.$TESTDIR/"
}

test_run() {
    report "cd $BOARD_TESTDIR/fuego.$TESTDIR; ./measure $BENCHMARK_MEMORY_AND_SORT_MEGABYTES \
        $BENCHMARK_MEMORY_AND_SORT_NUMBERS $BENCHMARK_MEMORY_AND_SORT_ROUNDS"
}
