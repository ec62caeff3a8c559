"""Test packages."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from fuego_jenkins_remote.hub import packages
from fuego_jenkins_remote.hub.api.callers import Caller, TheHub
from fuego_jenkins_remote.hub.models.fields import Sha256
from fuego_jenkins_remote.service.contract import TAKES_BYTES
from fuego_jenkins_remote.service.guard import allow_body

router = APIRouter(prefix="/packages")


@router.put(
    "/{sha256}",
    status_code=201,
    response_class=Response,
    responses={200: {"description": "It was there already."}},
    openapi_extra=TAKES_BYTES,
)
async def put_package(request: Request, hub: TheHub, who: Caller, sha256: Sha256) -> Response:
    """Leave a package: 201, or 200 if it was there for the caller."""
    packages.must_be_allowed_to_bring(who)
    allow_body(request, packages.MAX_BYTES)
    with packages.upload(hub.data_dir) as incoming:
        async for part in request.stream():
            incoming.write(part)
        new = await run_in_threadpool(packages.keep, hub, incoming, sha256, who)
    return Response(status_code=201 if new else 200)


@router.head("/{sha256}", response_class=FileResponse)
@router.get("/{sha256}", response_class=FileResponse)
def get_package(hub: TheHub, who: Caller, sha256: Sha256) -> FileResponse:
    """Fetch a package."""
    with hub.reading() as conn:
        file = packages.find_for(conn, hub.data_dir, who, sha256)
    return FileResponse(file, media_type="application/octet-stream")
