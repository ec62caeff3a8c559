#!/bin/bash
# Runs the phases of one test in one shell, as Fuego does, so that what one phase sets the next one has.
# Started by run_test.py with the core variables in the environment; the current folder is the build folder.

# Set from outside; called by name.
# shellcheck disable=SC2154,SC2153,SC2329

# shellcheck source=functions.sh
. "$STANDIN_HOME/functions.sh"
# The board's, the spec's and the request's variables, each value quoted by run_test.py.
# shellcheck disable=SC1091
. "$LOGDIR/prolog.sh"

STANDIN_PHASE=start
trap 'standin_note exit "$? $STANDIN_PHASE"' EXIT

wanted() { # LETTER NAME
    [[ $STANDIN_PHASES == *$1* ]] || return 1
    STANDIN_PHASE=$2
    standin_note phase "$2"
    printf '##### doing fuego phase: %s ########\n' "$2"
}

defined() { [[ $(type -t "$1") == function ]]; }

# A function that does not want to go on may have said so in a subshell.
stop_if_aborted() {
    local notes
    notes=$(< "$STANDIN_NOTES")
    [[ $'\n'$notes != *$'\nabort '* ]] || exit 1
}

call_or_abort() { # FUNCTION WHAT
    local result
    cd "$STANDIN_BUILD_DIR" || abort_job "the build folder is gone"
    "$1"
    result=$?
    stop_if_aborted
    ((result == 0)) || abort_job "$2 failed ($1 returned $result)"
}

pre_test() {
    local folder=$BOARD_TESTDIR/fuego.$TESTDIR
    if [[ $Target_PreCleanup == true ]]; then
        cmd "rm -rf -- '$folder'"
    fi
    cmd "mkdir -p -- '$folder'" || abort_job "cannot make the test folder $folder"
}

unpack() {
    printf 'unpacking %s\n' "$tarball"
    "$STANDIN_PYTHON" -I -S "$STANDIN_HOME/unpack.py" "$TEST_HOME/$tarball" "$STANDIN_BUILD_DIR"
}

build() {
    if [[ $STANDIN_BUILT == true ]]; then
        echo "already built: nothing to do (--rebuild true builds anew)"
        return 0
    fi
    if [[ -n ${gitrepo:-} ]]; then
        abort_job "the stand-in does not clone what fuego_test.sh names in gitrepo"
    fi
    if [[ -n ${tarball:-} ]]; then
        unpack || abort_job "the tarball $tarball cannot be used"
    fi
    if defined test_build; then
        if ! test_build; then
            stop_if_aborted
            command -v "${CC%% *}" > /dev/null \
                || abort_job "the build failed, and there is no C compiler here (${CC%% *}): install one"
            return 1
        fi
    fi
    printf '%s\n' "$STANDIN_FINGERPRINT" > "$STANDIN_BUILD_DIR/.standin_built"
}

snapshot() {
    local name
    {
        uname -srvm  # without the name of the lab's machine
        for name in /etc/os-release /proc/uptime /proc/loadavg /proc/meminfo /proc/cpuinfo; do
            printf -- '---- %s\n' "$name"
            head -n 30 "$name" 2> /dev/null
        done
    } > "$LOGDIR/machine-snapshot.txt"
    return 0
}

fetch_log() {
    if defined test_fetch_results; then
        test_fetch_results
    elif [[ -f $STANDIN_BOARD_LOG ]]; then
        get "$STANDIN_BOARD_LOG" "$LOGDIR/testlog.txt"
    fi
    if [[ -f $LOGDIR/hostlog.txt ]]; then
        cat "$LOGDIR/hostlog.txt" >> "$LOGDIR/testlog.txt"
        rm -f "$LOGDIR/hostlog.txt"
    fi
    [[ -f $LOGDIR/testlog.txt ]] || : > "$LOGDIR/testlog.txt"
}

post_test() {
    fetch_log
    if defined test_cleanup; then
        test_cleanup
    fi
    if [[ $Target_PostCleanup == true ]]; then
        cmd "rm -rf -- '$BOARD_TESTDIR/fuego.$TESTDIR'"
    fi
    return 0
}

processing() {
    local result
    if defined test_processing; then
        test_processing
        result=$?
        stop_if_aborted
        standin_note processing "$result"
    fi
    if [[ -f $TEST_HOME/parser.py ]]; then
        run_python -W ignore "$TEST_HOME/parser.py"
        standin_note parser "$?"
    fi
    return 0
}

# shellcheck disable=SC1091
. "$TEST_HOME/fuego_test.sh" || abort_job "fuego_test.sh cannot be used (it returned $?)"

if wanted p pre_test; then pre_test; stop_if_aborted; fi
if wanted c pre_check && defined test_pre_check; then
    # Its result says nothing in Fuego: a check that must hold is an assert.
    test_pre_check
    stop_if_aborted
fi
if wanted b build; then call_or_abort build "the build"; fi
if wanted d deploy && defined test_deploy; then call_or_abort test_deploy "putting the test on the board"; fi
if wanted s snapshot; then
    if defined test_snapshot; then test_snapshot > "$LOGDIR/machine-snapshot.txt"; else snapshot; fi
    stop_if_aborted
fi
if wanted r run; then
    defined test_run || abort_job "fuego_test.sh has no function test_run"
    cd "$STANDIN_BUILD_DIR" || abort_job "the build folder is gone"
    test_run
    standin_note returned "$?"
    stop_if_aborted
fi
if wanted t post_test; then post_test; stop_if_aborted; fi
if wanted a processing; then processing; stop_if_aborted; fi
STANDIN_PHASE=end
exit 0
