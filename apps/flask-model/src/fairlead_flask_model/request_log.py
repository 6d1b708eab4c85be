"""Structured logs: one JSON object per line, with the id of the request."""

import json
import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime

from flask import Flask, Response, g, request

SERVICE = "flask-model"
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
NAMES = {level: name for name, level in LEVELS.items()}
MAX_PATH_LENGTH = 512

# Ids whose characters need no escaping in a log line, a header, a URL or a shell.
_WELL_FORMED_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)


class JsonFormatter(logging.Formatter):
    """Writes the same fields as `requestLog` of `@fairlead/monitoring`, so that both logs can be joined."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns one line, ASCII only: no text of a request can break it."""
        line = {
            "level": NAMES.get(record.levelno, record.levelname.lower()),
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "service": SERVICE,
            **getattr(record, "fields", {}),
            "msg": record.getMessage(),
        }
        if record.exc_info is not None:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def create_logger(level: str) -> logging.Logger:
    """Creates the logger of the service, which writes to standard error, as Gunicorn does."""
    logger = logging.getLogger("fairlead_flask_model")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logger.handlers[:] = [handler]
    logger.setLevel(LEVELS[level])
    logger.propagate = False
    return logger


def log_requests(app: Flask, logger: logging.Logger) -> None:
    """Gives each request an id, repeats it in the response, and logs a line when the response is ready."""

    @app.before_request
    def begin() -> None:
        incoming = request.headers.get("X-Request-Id", "")
        g.request_id = incoming if _WELL_FORMED_ID.fullmatch(incoming) else str(uuid.uuid4())
        g.started_at = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        duration_ms = (time.perf_counter() - g.started_at) * 1000
        fields = {
            "requestId": g.request_id,
            "method": request.method,
            "path": request.path[:MAX_PATH_LENGTH],
            "status": response.status_code,
            "durationMs": round(duration_ms, 3),
            **g.get("log_fields", {}),
        }
        if request.path.endswith(("/ready", "/live", "/ping")):
            level = logging.DEBUG
        else:
            level = logging.WARNING if response.status_code >= 500 else logging.INFO
        logger.log(level, "request", extra={"fields": fields})
        return response
