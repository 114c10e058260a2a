"""Logs a machine can read: one JSON object per line, with who asked for what where that is known."""

import json
import logging

EXTRAS = ("request_id", "user", "status_code", "job")


class JsonFormatter(logging.Formatter):
    default_time_format = "%Y-%m-%dT%H:%M:%S%z"
    default_msec_format = None

    def format(self, record):
        entry = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_request(getattr(record, "request", None)),
        }
        entry |= {name: getattr(record, name) for name in EXTRAS if hasattr(record, name)}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def _request(request):
    """Django hands over the request with its errors; the development server a bare socket."""
    if not hasattr(request, "META"):
        return {}
    # The user as far as it is loaded: to log an error must not ask the database.
    user = request.__dict__.get("_cached_user")
    found = {
        "method": request.method,
        "path": request.path,
        "request_id": request.META.get("HTTP_X_REQUEST_ID"),
        "user": getattr(user, "pk", None),
    }
    return {name: value for name, value in found.items() if value is not None}
