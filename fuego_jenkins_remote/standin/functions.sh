# shellcheck shell=bash
# The functions that a test's fuego_test.sh calls, for a board that is this machine.
#
# Names, arguments and results are those of Fuego's public documentation ("API Reference"). The variables come
# from prolog.sh; STANDIN_* are the stand-in's own: STANDIN_NOTES (what happened, read by run_test.py afterwards),
# STANDIN_RESULTS (where the parser library leaves what it found), STANDIN_PYTHON.

# ---- what run_test.py gets to know

standin_note() { # KIND TEXT
    printf '%s %s\n' "$1" "${2//$'\n'/ }" >> "$STANDIN_NOTES"
}

standin_not_here() { # FUNCTION
    abort_job "$1 is not part of the stand-in for Fuego's test runner: this test needs a real Fuego"
}

report_devlog() { # TEXT
    printf '%s\n' "$1" >> "$LOGDIR/devlog.txt"
}

# abort_job REASON: end the test here; its status is ERROR.
abort_job() {
    set +x
    printf '\n*** ABORTED ***\nFuego error reason: %s\n' "$1" >&2
    standin_note abort "$1"
    # In a subshell exit ends only that; the phase loop sees the note when it comes back.
    exit 1
}

# ---- messages

dprint() { [[ ${FUEGO_LOGLEVELS:-} != *debug* ]] || printf '%s\n' "$*"; }
vprint() { [[ ${FUEGO_LOGLEVELS:-} != *debug* && ${FUEGO_LOGLEVELS:-} != *verbose* ]] || printf '%s\n' "$*"; }
iprint() { printf '%s\n' "$*"; }
wprint() { printf 'WARNING: %s\n' "$*"; }
eprint() { printf 'ERROR: %s\n' "$*" >&2; }

# ---- the board

# cmd COMMAND: run it on the board; the result is the command's.
cmd() {
    report_devlog "cmd: $*"
    sh -c "$*"
}

safe_cmd() { cmd "$@"; }

# put [-r] FILE... FOLDER: copy to the board.
put() {
    report_devlog "put: $*"
    cp "$@"
}

# get [-r] FILE... FOLDER: copy from the board.
get() {
    report_devlog "get: $*"
    cp "$@"
}

standin_report() { # -a|(nothing) COMMAND BOARD_LOG
    is_empty "$2"
    sh -c "{ $2
} 2>&1" | tee ${1:+"$1"} -- "${3:-$STANDIN_BOARD_LOG}"
    REPORT_RETURN_VALUE=${PIPESTATUS[0]}
    export REPORT_RETURN_VALUE
    return "$REPORT_RETURN_VALUE"
}

# report COMMAND [LOG]: run it on the board, its output becomes the test log; the result is the command's.
report() {
    report_devlog "report: $1"
    standin_report "" "$1" "${2:-}"
}

# report_append COMMAND [LOG]: as report, the output is added to the test log.
report_append() {
    report_devlog "report_append: $1"
    standin_report -a "$1" "${2:-}"
}

# report_live COMMAND [LOG]: as report; on this machine the output is live anyway.
report_live() {
    report_devlog "report_live: $1"
    standin_report "" "$1" "${2:-}"
}

# log_this COMMAND: run it on the host, its output is added to the test log when that is fetched.
log_this() {
    report_devlog "log_this: $1"
    is_empty "$1"
    bash -c "$1" 2>&1 | tee -a -- "$LOGDIR/hostlog.txt"
    return "${PIPESTATUS[0]}"
}

# kill_procs NAME...: end the board's processes of these names that belong to this test.
kill_procs() {
    local name pid
    for name in "$@"; do
        report_devlog "kill_procs: $name"
        for pid in $(pgrep -g 0 -x -- "$name"); do
            kill "$pid" 2> /dev/null
        done
    done
    return 0
}

target_reboot() { standin_not_here target_reboot; }
hd_test_mount_prepare() { standin_not_here hd_test_mount_prepare; }
hd_test_clean_umount() { standin_not_here hd_test_clean_umount; }
run_test() { standin_not_here run_test; }
allocate_next_batch_id() { standin_not_here allocate_next_batch_id; }

# ---- what a test needs

# assert_define NAME [MESSAGE]: end the test if the variable is not set, or empty.
assert_define() {
    [[ -n ${!1:-} ]] || abort_job "${2:-$1 is not defined: the test $TESTDIR needs it}"
}

# is_empty VALUE: end the test if the value is empty.
is_empty() {
    [[ -n $1 ]] || abort_job "an empty value where $TESTDIR needs one (in ${FUNCNAME[1]})"
}

is_abs_path() { [[ $1 == /* ]]; }

# is_on_target FILE VARIABLE [FOLDER:FOLDER...]: set VARIABLE to where the board has it, or to nothing.
is_on_target() {
    local folders folder
    printf -v "$2" '%s' ""
    IFS=: read -r -a folders <<< "${3:-/bin:/usr/bin:/sbin:/usr/sbin:/usr/local/bin:/lib:/usr/lib:/lib64:/usr/lib64}"
    for folder in "${folders[@]}"; do
        if [[ -e $folder/$1 ]]; then
            printf -v "$2" '%s' "$folder/$1"
            return 0
        fi
    done
    return 1
}

# is_on_target_path PROGRAM VARIABLE: set VARIABLE to where the board's PATH has the program, or to nothing.
is_on_target_path() { is_on_target "$1" "$2" "$PATH"; }

# is_on_sdk FILE VARIABLE [FOLDER:FOLDER...]: the same for what programs are built with; here that is this machine.
is_on_sdk() { is_on_target "$1" "$2" "${3:-/usr/lib:/usr/include:/usr/local/lib:/usr/local/include:/usr/lib/$(uname -m)-linux-gnu}"; }

standin_program_variable() { # PROGRAM
    local name=${1^^}
    printf 'PROGRAM_%s' "${name//[^A-Z0-9_]/_}"
}

# check_has_program PROGRAM: set PROGRAM_NAME to where the board has it; the result says whether it does.
check_has_program() { is_on_target_path "$1" "$(standin_program_variable "$1")"; }

# assert_has_program PROGRAM: the same, and end the test without it.
assert_has_program() {
    check_has_program "$1" || abort_job "the board has no program $1, which $TESTDIR needs"
}

get_program_path() { check_has_program "$1"; }

# assert_has_module NAME: end the test if the board's kernel has no such module loaded or built in.
assert_has_module() {
    [[ -d /sys/module/${1//-/_} ]] || abort_job "the board's kernel has no module $1, which $TESTDIR needs"
}

# ---- results

# log_compare PREFIX COUNT EXPRESSION p|n: whether COUNT lines of the test log match; they go to testlog.p|n.txt.
log_compare() {
    local found kind=${4//[^A-Za-z0-9]/}
    if [[ ! -f $LOGDIR/testlog.txt ]]; then
        eprint "log_compare: there is no test log"
        return 1
    fi
    grep -a -E -e "$3" -- "$LOGDIR/testlog.txt" > "$LOGDIR/testlog.$kind.txt"
    found=$(wc -l < "$LOGDIR/testlog.$kind.txt")
    if [[ $found == "$2" ]]; then
        printf 'log_compare: %s lines match "%s", as expected\n' "$found" "$3"
        return 0
    fi
    printf 'log_compare: %s lines match "%s", expected were %s\n' "$found" "$3" "${2:-(nothing)}"
    return 1
}

run_python() { "$STANDIN_PYTHON" "$@"; }
