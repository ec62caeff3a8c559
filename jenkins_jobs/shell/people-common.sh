#!/bin/bash
# What the jobs for people share; each job's own script follows it.
#
# A person's parameters come as environment variables and stay what they are: checked, or passed on as one argument
# behind an `=` or a `--`, never part of a command. Jenkins puts the values of its variables in place of $NAME and
# ${NAME} in them before we see them, so a parameter could carry a token of this build to the hub: refuse_secrets.
set -u -o pipefail

ftc=${FUEGO_FTC:-ftc}

# What Jenkins believes to be its address is for browsers; how the lab reaches it stands in fuego.conf.
unset JENKINS_URL

say() {
    printf 'remote: %s\n' "$*"
}

# It was asked for wrongly: one clear line, and the build fails. What is said names parameters and holds none.
usage() {
    not_done "$*"
    say "$*" >&2
    exit 2
}

# The build's page says why it failed, without a word of that in the console, whose last line says it as well.
not_done() {
    [[ -z ${JOB_NAME:-} ]] || "$ftc" -q lab describe-build --name="not done" --text="$*" >/dev/null 2>&1 || true
}

# Calls ftc. Where that fails, the build's page says why, and the build ends as ftc did.
# shellcheck disable=SC2329  # not every job has one
must() {
    local words status=0
    { words=$("$ftc" "$@" 2>&1 >&3); } 3>&1 || status=$?
    if ((status != 0)); then
        # Under a mistake in a selector stand, indented, the selector and a mark.
        not_done "$(grep -E '^[^[:space:]]' <<<"$words" | tail -n 1)"
    fi
    [[ -z $words ]] || printf '%s\n' "$words" >&2
    ((status == 0)) || exit "$status"
}

# No parameter may hold what a variable with a secret holds. $@: the parameters' names.
refuse_secrets() {
    local secret parameter value
    while read -r secret; do
        [[ $secret =~ (TOKEN|SECRET|PASS|CREDENTIAL|KEY) ]] || continue
        value=${!secret}
        [[ ${#value} -ge 6 ]] || continue
        for parameter in "$@"; do
            [[ ${!parameter:-} != *"$value"* ]] || usage "$parameter holds the value of $secret: not sent to anybody"
        done
    done < <(compgen -e)
}

# A value without white space at its ends, in `trimmed`.
trim() {
    trimmed=${1#"${1%%[![:space:]]*}"}
    trimmed=${trimmed%"${trimmed##*[![:space:]]}"}
}

# A parameter that must be there, and be one line. $1: its name, $2: what it is.
# shellcheck disable=SC2329  # not every job has one
need() {
    trim "${!1:-}"
    [[ -n $trimmed ]] || usage "$1 is empty: $2"
    [[ $trimmed != *$'\n'* ]] || usage "$1 is one line: $2"
    printf -v "$1" '%s' "$trimmed"
}

# One of a few words. $1: the parameter's name, then the words.
# shellcheck disable=SC2329  # not every job has one
need_one_of() {
    local name=$1 word
    shift
    for word in "$@"; do
        [[ ${!name:-} != "$word" ]] || return 0
    done
    usage "$name is none of: $*"
}

# REQUEST, as the hub's ids are.
# shellcheck disable=SC2329  # not every job has one
need_request() {
    local LC_ALL=C
    need REQUEST "the id of a request, like 20261123-101500123-k3j7x2m4"
    [[ $REQUEST =~ ^[0-9]{8}-[0-9]{9}-[a-z2-7]{8}$ ]] ||
        usage "REQUEST is no request's id (like 20261123-101500123-k3j7x2m4)"
}

# COUNT (any, each, or a number), as options in `count`.
# shellcheck disable=SC2034,SC2329  # not every job has one
read_count() {
    local LC_ALL=C
    trim "${COUNT:-any}"
    case ${trimmed:-any} in
    any) count=() ;;
    each) count=(--each) ;;
    *)
        [[ $trimmed =~ ^[1-9][0-9]{0,2}$ ]] || usage "COUNT is any, each, or how many of the boards that match"
        count=(--count="$trimmed")
        ;;
    esac
}

# The hub's user for whom people ask: from Jenkins' credentials, else from the file that fuego.conf names. Never the
# lab's own token: requests are a user's.
# shellcheck disable=SC2329  # some act as the lab
as_people() {
    local file
    unset FUEGO_HUB_TOKEN_FILE
    if [[ -n ${FUEGO_PEOPLE_TOKEN:-} ]]; then
        export FUEGO_HUB_TOKEN=$FUEGO_PEOPLE_TOKEN
    else
        unset FUEGO_HUB_TOKEN
        file=$("$ftc" -q config people_token_file) || exit
        [[ -n $file ]] || {
            say "people_token_file is not set in fuego.conf: as which user of the hub do people ask from here?" >&2
            exit 1
        }
        export FUEGO_HUB_TOKEN_FILE=$file
    fi
}

# Who started this build, in `starter`, before anything is asked of the hub.
# shellcheck disable=SC2034,SC2329  # some only read
find_starter() {
    starter=$("$ftc" lab started-by --claimed="${YOUR_NAME:-}") || starter="put from Jenkins (unverified)"
}

# This build's name and description. Only for the eyes: whether it works or not, the build is what it is.
describe() {
    "$ftc" lab describe-build "$@" || say "this build is not described: see above"
}
