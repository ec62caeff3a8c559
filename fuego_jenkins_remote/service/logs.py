"""The services' log: one JSON object a line on stderr, our own and the libraries', never with a token in it."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from fuego_jenkins_remote.service.tokens import SECRET

_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON leaves as it is, and a terminal or a reader of lines would act upon, or could not be written at all."""


def configure_logs(service: str) -> None:
    """Set up structlog and the standard library's logging for this process; ``service`` stands in every line."""

    def name_service(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"service": service, **event}

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        name_service,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), _plain, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.processors.JSONRenderer(serializer=one_line),
            ],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _plain(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # uvicorn says everything once more, with a terminal's colours.
    event.pop("color_message", None)
    return event


def one_line(event: Any, **options: Any) -> str:
    """Write an event as JSON on one line that a terminal can show, whatever stands in it."""
    text = SECRET.sub(r"fuego_\1_***", json.dumps(event, ensure_ascii=False, **options))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the secret part of every token in the event's texts; the public prefix stays."""
    for key, value in event.items():
        if isinstance(value, str) and "fuego_" in value:
            event[key] = SECRET.sub(r"fuego_\1_***", value)
    return event
