#!/bin/bash
# Asks the board what it is. Nothing is built, nothing is left on the board. Each answer has a line before it that
# names it; what a board does not have is left out. fuego_jenkins_remote/lab/probe/reading.py reads the log.

# A test needs no more than cat, head, uname, and zcat for /proc/config.gz.
test_run() {
    report "echo '@@fuego-probe uname'; uname -srm"
    report_append "echo '@@fuego-probe cpuinfo'; head -c 65536 /proc/cpuinfo; echo"
    report_append "echo '@@fuego-probe compatible'; cat /proc/device-tree/compatible 2>/dev/null; echo"
    report_append "echo '@@fuego-probe config'; zcat /proc/config.gz 2>/dev/null || cat /boot/config-\$(uname -r) 2>/dev/null; echo"
    report_append "echo '@@fuego-probe end'"
}

test_processing() {
    log_compare "$TESTDIR" "1" "^@@fuego-probe end" "p"
}
