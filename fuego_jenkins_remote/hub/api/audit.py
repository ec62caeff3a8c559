"""The audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.api.callers import Caller, TheHub
from fuego_jenkins_remote.hub.models.people import Audit, AuditEntryOut, AuditQuery

router = APIRouter()


@router.get("/audit")
def list_audit(hub: TheHub, who: Caller, query: Annotated[AuditQuery, Query()]) -> Audit:
    """Who has changed what, newest first; those after the ones given when `before` is their `before`."""
    with hub.reading() as conn:
        entries, before = audit.listed(conn, who, audit.Filter(**dict(query)))
    return Audit(entries=tuple(AuditEntryOut.model_validate(one) for one in entries), before=before)
