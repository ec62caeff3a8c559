#!/bin/bash
# Runs one attempt of one request on one board, and leaves what came of it in the lab's outbox.
#
# Jenkins runs it in the jobs remote-request-BOARD; `ftc run-request` and scripts/poll.sh call it directly.
# It knows no token and talks to nobody: all it has is the request folder that the bridge has made, and all it
# leaves is the outbox. docs/protocol.md ("In a lab") says what these hold, docs/jobs.md how the parts play.
#
# Takes      REQUEST_ID, ATTEMPT, FUEGO_REMOTE_BOARD, FUEGO_RW; FUEGO_LAB_DIR, FUEGO_FTC, FUEGO_CORE
#            and Jenkins' WORKSPACE, BUILD_NUMBER, BUILD_URL, if they are set
# Exits with 0 for PASS and SKIP; 3 for FAIL, and when the board was not touched; 1 when it could not be run
# Needs      bash 4.4, coreutils, util-linux, grep, tar
#
# What a requester sent is data here: it is read from files, checked, and passed on as an argument list.
set -u -o pipefail
# A file is only ever written where there is none: the tests of other boards may write in these folders, too, and a
# link that one has put there is not followed.
set -o noclobber
shopt -s nullglob dotglob

# Seconds that a build waits for the board, and for the bridge's answer at the gate; and, where nobody has prepared
# an attempt for it, until a bridge takes its request up, and then until that is made ready.
LOCK_SECONDS=30
GATE_SECONDS=60
ASK_SECONDS=90
READY_SECONDS=300
# Seconds that a process gets to end by itself, then those until we give it up. Jenkins frees the board's node
# 10 s after an abort, so the two and the collecting must fit into less.
TERM_SECONDS=2
KILL_SECONDS=1
# The most that is taken out of a run folder, and kept of a console.
MAX_RUN_FILES=5000
MAX_RUN_BYTES=$((256 * 1024 * 1024))
MAX_CONSOLE_KIB=$((64 * 1024))

# Open files: 4 console.log, 5 events, 6 the attempt's own lock, 8 the console, 9 the board's lock. Only 9 goes to the test.

stop_signal="" # the signal that asked us to stop
test_status="" # what ftc exited with, once it has
half_event=""  # what has come of the next line of the events
timed_out=false
started_at=""
runs_before=()
run_source=""  # the folder that Fuego has made for the run
console_pid="" # of the tee that copies the console
starter_pid="" # of the subshell that has started the test
say_on=1

say() {
    printf 'remote-request: %s\n' "$*" >&"$say_on"
}

# Nothing was prepared, or not for us: there is nobody to tell but who reads this console.
give_up() {
    say "$*"
    exit 1
}

# The build is none of ours to run: the board is not touched, and there is nobody to tell but who reads this console.
leave() {
    local reason=$*
    say "not run: ${reason//[[:cntrl:]]/ }"
    exit 3
}

# ---- What comes from outside, checked -------------------------------------------------------------------

# A name as Fuego and the network have it: safe as a file name, in JSON, and never an option.
is_name() {
    local LC_ALL=C
    [[ ${#1} -le 100 && $1 =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]*$ ]]
}

is_number() {
    local LC_ALL=C
    [[ $1 =~ ^(0|[1-9][0-9]{0,8})$ ]]
}

is_request_id() {
    local LC_ALL=C
    [[ $1 =~ ^[0-9]{8}-[0-9]{9}-[a-z0-9]{8}$ ]]
}

is_campaign_id() {
    [[ $1 == c-* ]] && is_request_id "${1#c-}"
}

is_attempt() {
    local LC_ALL=C
    [[ $1 =~ ^[1-9][0-9]?$ ]]
}

is_url() {
    local LC_ALL=C url='^https?://[A-Za-z0-9._~:/?#@%+,;=&()-]+$'
    [[ ${#1} -le 1000 && $1 =~ $url ]]
}

# Fuego puts the name together: BOARD.SPEC.BUILD_ID.BUILD_NUMBER, where the build id may be a time.
is_run_folder() {
    local LC_ALL=C
    [[ ${#1} -le 255 && $1 =~ ^[A-Za-z0-9_][A-Za-z0-9_.:+-]*$ ]]
}

# The first line of a file of the request folder, bounded; empty if there is none.
first_line() {
    local line=""
    if [[ -f $1 ]]; then
        IFS= read -r -n 4096 line <"$1"
    fi
    printf '%s' "$line"
}

# The same for a person's eyes: what steers a terminal is taken out.
first_line_shown() {
    local line
    line=$(first_line "$1")
    printf '%s' "${line//[[:cntrl:]]/ }"
}

read_surroundings() {
    # A workspace is Jenkins' only if there is a build number, too; and its run/ is emptied, so never the root.
    workspace=""
    build_number=${BUILD_NUMBER:-0}
    is_number "$build_number" || build_number=0
    if ((build_number > 0)) && [[ ${WORKSPACE:-} == /*[!/]* ]]; then
        workspace=$WORKSPACE
        rm -rf -- "$workspace/run" # an earlier build's must not be archived as this one's
    fi
    build_url=${BUILD_URL:-}
    is_url "$build_url" || build_url=""

    [[ -n ${REQUEST_ID:-} ]] ||
        leave "this job runs one request of the Fuego network, and REQUEST_ID names none. Put a request:" \
            "ftc put-request HOST:BOARD -t TEST; the lab's bridge then starts this job by itself"
    is_request_id "$REQUEST_ID" || give_up "REQUEST_ID is no request id like 20261123-101500123-k3j7x2m4"
    [[ -z ${ATTEMPT:-} ]] || is_attempt "$ATTEMPT" || give_up "ATTEMPT is no number from 1 to 99"
    is_name "${FUEGO_REMOTE_BOARD:-}" || give_up "FUEGO_REMOTE_BOARD does not name the board to run on"
    [[ -n ${FUEGO_RW:-} ]] || give_up "FUEGO_RW is not set: it says where Fuego's logs are"
    board=$FUEGO_REMOTE_BOARD
    lab_dir=${FUEGO_LAB_DIR:-$FUEGO_RW/remote}
    outbox=$lab_dir/outbox
    ftc=${FUEGO_FTC:-ftc}
}

# Which attempt this build runs: the one that was prepared for it, or the one that the bridge claims for it now.
find_attempt() {
    [[ -n ${ATTEMPT:-} && -d $lab_dir/requests/$REQUEST_ID.$ATTEMPT ]] || ask_bridge
    attempt=$REQUEST_ID.$ATTEMPT
    request_dir=$lab_dir/requests/$attempt
    [[ -d $request_dir ]] || give_up "there is no $request_dir, though the bridge has said so"
    [[ $(first_line "$request_dir/board") == "$board" ]] ||
        give_up "$attempt is for the board '$(first_line_shown "$request_dir/board")', not for '$board'"
}

# Somebody has started this build without an attempt: by a trigger URL, or by hand in Jenkins. The bridge claims the
# request for this board, if the hub and the lab's policy let it, and says which attempt it is: in ATTEMPT.
ask_bridge() {
    local asked=$lab_dir/asked answer deadline=$((SECONDS + ASK_SECONDS))
    make_nonce || give_up "cannot read random numbers"
    say "no attempt of $REQUEST_ID is prepared for $board: asking the lab's bridge"
    { mkdir -p -- "$asked" && rm -f -- "$asked/.$board.ask" &&
        printf '%s %s %s\n' "$nonce" "$REQUEST_ID" "$build_number" >"$asked/.$board.ask" &&
        mv -fT -- "$asked/.$board.ask" "$asked/$board.ask"; } || give_up "cannot write $asked/$board.ask"
    while ((SECONDS < deadline)); do
        [[ -z $stop_signal ]] || leave "the build was stopped while it asked the lab's bridge"
        answer=""
        if [[ -f $asked/$board.answer ]]; then
            IFS= read -r -n 1000 answer 2>/dev/null <"$asked/$board.answer"
        fi
        case $answer in
        "$nonce attempt "*)
            is_attempt "${answer#"$nonce attempt "}" || give_up "the bridge's answer cannot be read"
            ATTEMPT=${answer#"$nonce attempt "}
            return
            ;;
        "$nonce no "*) leave "${answer#"$nonce no "}" ;;
        "$nonce wait")
            say "the bridge makes the request ready"
            deadline=$((SECONDS + READY_SECONDS))
            wait_other_answer "$asked/$board.answer" "$answer" "$deadline"
            continue
            ;;
        esac
        wait_event 0.05
    done
    leave "no bridge answered within the time: the lab's bridge (ftc lab serve) does not run, or cannot reach the hub"
}

# Waits until file $1 says something else than $2, until $3, or for a signal.
wait_other_answer() {
    while ((SECONDS < $3)) && [[ -z $stop_signal && $(first_line "$1") == "$2" ]]; do
        wait_event 0.25
    done
}

read_request() {
    test_name=$(first_line "$request_dir/test")
    spec=$(first_line "$request_dir/spec")
    time_limit=$(first_line "$request_dir/time_limit")
    campaign=$(first_line "$request_dir/batch_id")
    arguments=()
    [[ ! -f $request_dir/args ]] || mapfile -d '' -t arguments <"$request_dir/args"
    is_name "$test_name" || refuse_request "test is no name of a test"
    is_name "$spec" || refuse_request "spec is no name of a spec"
    is_number "$time_limit" && [[ $time_limit != 0 ]] || refuse_request "time_limit is no number of seconds"
    [[ -z $campaign ]] || is_campaign_id "$campaign" || refuse_request "batch_id is no id of a campaign"
    [[ ${arguments[0]:-} == run-test ]] || refuse_request "args is no argument list for ftc run-test"
}

refuse_request() {
    refuse "the request folder cannot be used: $*"
}

# ---- Signals and waiting --------------------------------------------------------------------------------

# One pipe wakes us for everything: the end of the test, and a signal. bash runs a trap between two commands
# only, and a read with a time limit is a wait that needs no process of its own.
open_events() {
    exec 5<> <(:) || give_up "cannot make a pipe"
    trap 'on_signal TERM' TERM
    trap 'on_signal INT' INT
    trap 'on_signal HUP' HUP
    trap : PIPE # whoever reads our console may go away: the run is delivered all the same
}

# shellcheck disable=SC2329  # called by the traps
on_signal() {
    stop_signal=$1
    printf '\n' >&5
}

# Waits that long, or until something happens. The time may be over in the middle of a line: its first half is kept.
wait_event() {
    local event=""
    if IFS= read -r -t "$1" -u 5 event; then
        event=$half_event$event
        half_event=""
        [[ $event != "ended "* ]] || test_status=${event#ended }
    else
        half_event+=$event
    fi
}

# Whether a process of ours still runs: one that has ended and was not yet waited for has no open files.
is_alive() {
    [[ -e /proc/$1/fd/1 ]]
}

# Hundredths of a second since the machine started, in `clock`.
read_clock() {
    local uptime
    read -r uptime _ </proc/uptime
    clock=$((10#${uptime/./}))
}

now() {
    date -u +%Y-%m-%dT%H:%M:%S.%6N+00:00
}

# ---- Before the board is touched ------------------------------------------------------------------------

# The attempt is over without having touched the board. Final: what the bridge has read here stays true.
refuse() {
    local reason=${*//[[:cntrl:]]/ }
    say "not run: $reason"
    if ! { rm -f -- "$request_dir/.refused" && printf '%s\n' "$reason" >"$request_dir/.refused" &&
        mv -f -- "$request_dir/.refused" "$request_dir/refused"; }; then
        say "cannot write $request_dir/refused: is the disk full?"
        exit 1
    fi
    exit 3
}

# One build at a time looks at this attempt: a second one must not even write `refused` beside a running test.
lock_attempt() {
    exec 6<"$request_dir" || give_up "cannot read $request_dir"
    if ! flock -n 6; then
        say "not run: another build is running $attempt"
        exit 3
    fi
    if [[ -e $request_dir/started || -e $request_dir/refused ]]; then
        say "not run: another build has run $attempt, or refused it"
        exit 3
    fi
}

# What an earlier build left half-written.
clear_leftovers() {
    rm -rf -- "$outbox/.$attempt.tmp" "$request_dir/core"
}

# The test's processes inherit the lock, so the board stays locked for as long as one of them lives, whatever
# Jenkins thinks. It is taken on another number than it is kept on: a process that has it on 9 is a test's.
lock_board() {
    local file=$lab_dir/locks/$board.lock waiter
    { mkdir -p -- "$lab_dir/locks" && exec 7>>"$file"; } || refuse "cannot open the board's lock, $file"
    flock -w "$LOCK_SECONDS" 7 5>&- 6<&- &
    waiter=$!
    while ! wait "$waiter"; do
        if [[ -n $stop_signal ]]; then
            kill "$waiter" 2>/dev/null
            refuse "the build was stopped while it waited for the board"
        fi
        kill -0 "$waiter" 2>/dev/null ||
            refuse "the board is in use: something has held $file for more than $LOCK_SECONDS s"
    done
    exec 9>&7 7>&-
    lock_file=$file
}

# Asks the bridge, which asks the hub. No answer is a no. The nonce marks this build's processes, too.
pass_gate() {
    local deadline answer
    make_nonce || refuse "cannot read random numbers"
    { rm -f -- "$request_dir/.gate.ask" &&
        printf '%s %s %s\n' "$nonce" "$build_number" "$build_url" >"$request_dir/.gate.ask" &&
        mv -f -- "$request_dir/.gate.ask" "$request_dir/gate.ask"; } || refuse "cannot write $request_dir/gate.ask"
    deadline=$((SECONDS + GATE_SECONDS))
    while ((SECONDS < deadline)); do
        [[ -z $stop_signal ]] || refuse "the build was stopped before the test began"
        answer=""
        if [[ -f $request_dir/gate.answer ]]; then
            IFS= read -r -n 1000 answer 2>/dev/null <"$request_dir/gate.answer"
        fi
        case $answer in
        "$nonce go") return ;;
        "$nonce no "*) refuse "${answer#"$nonce no "}" ;;
        "* go "*)
            is_in_future "${answer#\* go }" || refuse "the go that was left for this attempt has run out"
            return
            ;;
        esac
        wait_event 0.02
    done
    refuse "nobody said go within $GATE_SECONDS s: the lab's bridge (ftc lab serve) does not run, or cannot reach the hub"
}

make_nonce() {
    nonce=$(od -An -N16 -tx1 /dev/urandom)
    nonce=${nonce//[[:space:]]/}
    [[ ${#nonce} -eq 32 ]]
}

is_in_future() {
    local seconds
    printf -v seconds '%(%s)T' -1
    [[ $1 =~ ^[0-9]{1,12}$ ]] && (($1 > seconds))
}

# ---- The test -------------------------------------------------------------------------------------------

# A test that is not installed is shown to ftc in a copy of FUEGO_CORE made of links, with one test more.
make_overlay() {
    local core entry name
    [[ -d $request_dir/tests ]] || return 0
    core=$(absolute "$request_dir")/core
    if [[ ! -d ${FUEGO_CORE:-} ]]; then
        say "FUEGO_CORE is no folder, so $test_name cannot be shown to ftc"
        return 1
    fi
    mkdir -p -- "$core/tests" || return 1
    link_all "$FUEGO_CORE" "$core" tests || return 1
    link_all "$FUEGO_CORE/tests" "$core/tests" "" || return 1
    for entry in "$request_dir"/tests/*; do
        name=${entry##*/}
        if is_name "$name" && [[ -d $entry && ! -L $entry ]]; then
            rm -f -- "$core/tests/$name"
            ln -s -- "$(absolute "$entry")" "$core/tests/$name" || return 1
        fi
    done
    export FUEGO_CORE=$core
}

# Links in folder $2 to everything in folder $1, but not to the entry $3.
link_all() {
    local entry links=()
    for entry in "$(absolute "$1")"/*; do
        [[ ${entry##*/} == "$3" ]] || links+=("$entry")
    done
    ((${#links[@]} == 0)) || ln -s -t "$2" -- "${links[@]}"
}

absolute() {
    case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$PWD" "$1" ;;
    esac
}

# Everything printed from here on goes to console.log, too. The tee outlives a TERM from Jenkins, and Jenkins
# itself (-p), so that no test dies of a broken pipe, and never holds the board's lock. What goes beyond the
# limit is lost in the file; Jenkins' own console goes on.
open_console() {
    { rm -f -- "$request_dir/console.log" && exec 4>"$request_dir/console.log"; } || return 1
    exec 8> >(
        trap '' TERM INT HUP XFSZ
        ulimit -f "$MAX_CONSOLE_KIB"
        exec tee -p -a -- /proc/self/fd/4 5>&- 6<&- 9>&-
    )
    console_pid=$!
    say_on=8
}

# The console's copy ends when the last process that could print has gone.
close_console() {
    local tries=20
    [[ -n $console_pid ]] || return
    say_on=1
    exec 8>&-
    while ((tries-- > 0)) && is_alive "$console_pid"; do
        wait_event 0.05
    done
    kill -KILL "$console_pid" 2>/dev/null
}

# The run folders that Fuego may make for this board, test and spec.
list_runs() {
    runs=("$FUEGO_RW/logs/$test_name/$board.$spec".*)
}

# Starts ftc in a session of its own. Job control is on for that moment, because without it bash makes
# background processes deaf to SIGINT, and tests stop their tools by SIGINT. The subshell around it survives a
# TERM of Jenkins' (but hands no deaf signals on) and reports the end.
start_test() {
    set -m
    (
        trap : TERM INT HUP
        exec 7>&9 9>&- 6<&- 4>&-
        unset FUEGO_HUB_TOKEN FUEGO_HUB_TOKEN_FILE FUEGO_VISION_TOKEN FUEGO_VISION_TOKEN_FILE
        unset JENKINS_TOKEN JENKINS_TOKEN_FILE
        [[ -z $campaign ]] || export FUEGO_BATCH_ID=$campaign
        # shellcheck disable=SC2016  # for the bash that is started here
        FUEGO_REMOTE_ATTEMPT=$attempt FUEGO_REMOTE_COOKIE=$nonce setsid --wait "$BASH" -c \
            'set -C; rm -f -- "$1"; printf "%s\n" "$$" >"$1"; shift; exec "$@"' - "$request_dir/.session" "$ftc" "${arguments[@]}" \
            </dev/null >&8 2>&1 5>&- 8>&- 9>&7 7>&-
        printf 'ended %s\n' "$?" >&5
    ) &
    starter_pid=$!
    set +m
}

run_test() {
    local deadline
    list_runs
    runs_before=("${runs[@]}")
    start_test
    deadline=$((SECONDS + time_limit))
    while [[ -z $test_status && -z $stop_signal ]]; do
        if ((SECONDS >= deadline)); then
            timed_out=true
            say "the time limit of $time_limit s is over: ending the test"
            return
        fi
        wait_event 1
    done
    [[ -z $stop_signal ]] || say "stopped by SIG$stop_signal: ending the test"
}

# ---- The end of the test's processes --------------------------------------------------------------------

# All that belong to the test: in its session, or with its cookie in their environment (setsid does not lose
# that), or with the board's lock (a changed environment does not lose that). Sets `processes`.
find_processes() {
    local file pid stat fields
    declare -A found=()
    while IFS= read -r file; do
        pid=${file#/proc/}
        found[${pid%%/*}]=1
    done < <(trap '' TERM INT HUP && exec grep -lszxF "FUEGO_REMOTE_COOKIE=$nonce" /proc/[0-9]*/environ 5>&- 6<&- 9>&-)
    processes=()
    for file in /proc/[0-9]*/stat; do
        stat=""
        { IFS= read -r -d '' stat <"$file"; } 2>/dev/null
        pid=${file#/proc/}
        pid=${pid%/stat}
        # PID (NAME) STATE PARENT GROUP SESSION ...: the name may hold anything, parentheses too.
        # shellcheck disable=SC2206  # numbers and one letter
        fields=(${stat##*) })
        [[ ${fields[0]:-Z} != [ZX] && $pid != "$$" ]] || continue
        if [[ -n ${found[$pid]:-} || ${fields[3]:-} == "$session" || /proc/$pid/fd/9 -ef $lock_file ]]; then
            processes+=("$pid")
        fi
    done
}

# A stop may come so early that the test is not to be seen yet.
is_starting() {
    [[ -n $starter_pid && -z $test_status ]] && is_alive "$starter_pid"
}

# TERM, and KILL to those that live on. Those that cannot be ended keep the board locked: what takes long on a busy
# machine, though, is the look at all processes, so it is no matter of time alone.
end_processes() {
    local began pid kills=0
    declare -A asked=()
    read_clock
    began=$clock
    while
        session=$(first_line "$request_dir/.session")
        is_number "$session" || session=none
        find_processes
        ((${#processes[@]} > 0)) || is_starting
    do
        read_clock
        if ((kills >= 3 && clock - began > (TERM_SECONDS + KILL_SECONDS) * 100)); then
            say "these processes could not be ended, and the board stays locked: ${processes[*]}"
            return
        elif ((clock - began > TERM_SECONDS * 100)); then
            ((${#processes[@]} == 0)) || kill -KILL "${processes[@]}" 2>/dev/null
            ((++kills))
        else
            for pid in "${processes[@]}"; do
                [[ -n ${asked[$pid]:-} ]] || kill -TERM "$pid" 2>/dev/null
                asked[$pid]=1
            done
        fi
        wait_event 0.05
    done
}

# ---- What came of it ------------------------------------------------------------------------------------

# The run folder that was not there before; if Fuego made several, the newest. A local job's build number may
# be the same as ours, then Fuego writes into that job's folder: what counts is a run.json of our time.
find_run() {
    local folder added=() old=()
    declare -A before=()
    for folder in "${runs_before[@]}"; do
        before[$folder]=1
    done
    list_runs
    for folder in "${runs[@]}"; do
        if [[ -L $folder || ! -d $folder ]] || ! is_run_folder "${folder##*/}"; then
            continue
        elif [[ -z ${before[$folder]:-} ]]; then
            added+=("$folder")
        else
            old+=("$folder/run.json")
        fi
    done
    if ((${#added[@]} > 0)); then
        find_newest "${added[@]}"
        run_source=$newest
    elif ((${#old[@]} > 0)); then
        find_newest "$request_dir/started" "${old[@]}"
        [[ $newest != */run.json ]] || run_source=${newest%/run.json}
    fi
}

# Which of these was changed last, in `newest`; the first of several. bash 4.4's own -nt counts whole seconds.
find_newest() {
    local when name latest=-1
    newest=""
    while read -r -d '' when name; do
        when=${when//[!0-9]/} # in some languages it has a comma
        if ((10#$when > latest)); then
            latest=$((10#$when))
            newest=$name
        fi
    done < <(stat --printf='%.9Y %n\0' -- "$@" 2>/dev/null)
}

# Regular files only, as `files`: no links, devices and fifos; and no prolog.sh, which holds the board file's
# passwords. $1: the folder within the run, ending in / or empty; $2: how deep.
list_files() {
    local entry
    for entry in "$run_source/$1"*; do
        ((${#files[@]} < MAX_RUN_FILES)) || return
        if [[ -L $entry || ! -r $entry || ${entry##*/} == prolog.sh ]]; then
            continue
        elif [[ -d $entry && $2 -lt 16 ]]; then
            list_files "$1${entry##*/}/" $(($2 + 1))
        elif [[ -f $entry ]]; then
            files+=("./$1${entry##*/}")
        fi
    done
}

# Copies the run folder to $1. What goes beyond the limits is left out, run.json is the last to be.
copy_run() {
    local size name total=0 kept=() results
    files=()
    [[ ! -f $run_source/run.json || -L $run_source/run.json ]] || files=(./run.json)
    list_files "" 0
    ((${#files[@]} < MAX_RUN_FILES)) || say "the run has more than $MAX_RUN_FILES files: the others are left out"
    ((${#files[@]} > 0)) || return 0
    while IFS=$'\t' read -r -d '' size name; do
        if ((total + size > MAX_RUN_BYTES)); then
            say "left out, the run is too large: ${name//[[:cntrl:]]/ } ($size bytes)"
        elif [[ $name != ./run.json || ${#kept[@]} -eq 0 ]]; then
            total=$((total + size))
            kept+=("$name")
        fi
    done < <(cd "$run_source" && printf '%s\0' "${files[@]}" | du -bl0 --files0-from=-)
    mkdir -- "$1" || return 1
    ((${#kept[@]} > 0)) || return 0
    printf '%s\0' "${kept[@]}" |
        tar -C "$run_source" -cf - --null --no-recursion --hard-dereference --mode=u+rwX,go+rX -T - |
        tar -C "$1" -xf - --no-same-owner --no-same-permissions
    results=("${PIPESTATUS[@]}")
    # 1: a file changed while tar read it, by a process that we may not end.
    ((results[0] == 0 && results[1] <= 1 && results[2] == 0))
}

# Writes outcome.json into folder $1. Every value was checked: none needs escaping.
write_outcome() {
    local aborted=false
    [[ -z $stop_signal ]] || aborted=true
    printf '{"request":"%s","attempt":%d,"board":"%s","outcome":"%s","reason":"%s","exit_status":%d,' \
        "$REQUEST_ID" "$ATTEMPT" "$board" "$outcome" "$reason" "${test_status:-255}" >"$1/outcome.json" &&
        printf '"aborted":%s,"timed_out":%s,"run_folder":"%s","build_number":%d,"build_url":"%s",' \
            "$aborted" "$timed_out" "${run_source##*/}" "$build_number" "$build_url" >>"$1/outcome.json" &&
        printf '"started_at":"%s","ended_at":"%s"}\n' "$started_at" "$ended_at" >>"$1/outcome.json"
}

# The status that run.json gives to the whole test: the one that is indented least. Empty if in doubt.
find_status() {
    local line indent least=1000 status=""
    [[ -f $1/run.json ]] || return 0
    while IFS= read -r line; do
        indent=${line%%[![:space:]]*}
        if ((${#indent} < least)); then
            least=${#indent}
            status=${line#*:}
        fi
    done < <(grep -m 10000 -E '^[[:space:]]*"status":' -- "$1/run.json")
    printf '%s' "${status//[^A-Z]/}"
}

# Whether the plugin junit waits for the run, which only the bridge can convert: the job part needs no Python.
wants_cases() {
    is_number "${FUEGO_REMOTE_JUNIT:-}" && ((FUEGO_REMOTE_JUNIT > 0)) &&
        [[ -z $stop_signal && -n $workspace && -f $workspace/run/run.json && $outcome == ran ]]
}

# Puts what the bridge has made of the run into the workspace. It is asked before the outbox entry appears, and
# answers before it tells the hub; without it, or once it has cleared up, Jenkins shows no cases. All else is done: an
# abort only ends the wait.
fetch_cases() {
    local tries=$((FUEGO_REMOTE_JUNIT * 50))
    exec 9>&- # the board is free
    trap 'tries=0' TERM INT HUP
    while ((tries-- > 0)) && [[ -d $request_dir && ! -f $request_dir/junit.xml ]]; do
        wait_event 0.02
    done
    trap '' TERM INT HUP
    if [[ -f $request_dir/junit.xml && ! -L $request_dir/junit.xml ]]; then
        rm -rf -- "$workspace/run/junit.xml"
        cp -P -- "$request_dir/junit.xml" "$workspace/run/junit.xml"
    fi
}

# Puts the outbox entry together and shows it with one rename. If there is no room for the run, the outcome
# says so without it; if there is none for that either, nothing is left behind.
deliver() {
    local entry=$outbox/.$attempt.tmp
    outcome=failed
    reason=$1
    mkdir -p -- "$entry" || return 1
    if [[ -n $run_source ]] && ! copy_run "$entry/run"; then
        say "the run could not be copied to the outbox: is the disk full?"
        rm -rf -- "$entry/run"
        reason=script
    fi
    if [[ -f $entry/run/run.json ]]; then
        outcome=ran
        reason=""
    fi
    run_status=$(find_status "$entry/run")
    if [[ -n $workspace && -d $entry/run ]]; then
        cp -R -- "$entry/run" "$workspace/run" || say "the run could not be copied to Jenkins' workspace"
    fi
    close_console
    if ! cp -- "/proc/$$/fd/4" "$entry/console.log"; then
        rm -f -- "$entry/console.log"
    fi
    if wants_cases; then
        rm -rf -- "$request_dir/junit.ask" "$request_dir/junit.xml"
        printf '\n' >"$request_dir/junit.ask"
    fi
    write_outcome "$entry" && sync -f "$entry" && mv -T -- "$entry" "$outbox/$attempt"
}

# What Jenkins is to show: the test's own status, as far as we can tell.
finish() {
    if [[ $outcome == failed ]]; then
        say "$attempt could not be run: $reason"
        exit 1
    fi
    case $run_status in
    PASS | SKIP) exit 0 ;;
    "") [[ $test_status != 0 ]] || exit 0 ;;
    esac
    exit 3
}

main() {
    local trouble=""
    read_surroundings
    open_events
    find_attempt
    lock_attempt
    clear_leftovers
    read_request
    # The plugin description-setter makes this line the build's description.
    say "this is $attempt: $test_name on $board"
    lock_board
    pass_gate
    mkdir -- "$request_dir/started" || refuse "cannot write $request_dir"

    # From here on there is an outcome.
    started_at=$(now)
    if ! { open_console && make_overlay; }; then
        trouble=script
    elif [[ -z $stop_signal ]]; then
        run_test
    fi
    end_processes
    ended_at=$(now)
    if [[ -n $stop_signal ]]; then
        trouble=aborted
    elif [[ $timed_out == true ]]; then
        trouble=time-limit
    fi

    # Jenkins sends TERM to everything, and again: what collects must not die of it.
    trap '' TERM INT HUP
    find_run
    if ! deliver "${trouble:-no-run}"; then
        close_console
        rm -rf -- "$outbox/.$attempt.tmp"
        say "cannot write the outcome to $outbox: is the disk full? The run is still in $FUEGO_RW/logs"
        exit 1
    fi
    if wants_cases; then
        fetch_cases
    fi
    rm -rf -- "$request_dir/core" "$request_dir/.session"
    finish
}

main
