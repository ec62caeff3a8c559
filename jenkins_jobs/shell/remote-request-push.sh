#!/bin/bash
# The post-build step of remote-request-BOARD: packages what waits in the outbox and delivers it. The packages
# that it makes are left in the workspace, for Jenkins to archive. What cannot be delivered now stays in the
# outbox; the bridge and the next build try again.
set -u

if [[ -n ${WORKSPACE:-} ]]; then
    cd "$WORKSPACE" || exit 1
    rm -f -- ./*.frp # those of the build before
fi

exec "${FUEGO_FTC:-ftc}" push-runs
