"""The Flask application; Gunicorn runs it as `fairlead_flask_model.app:create_app()`."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from fairlead_flask_model.model import Model
from fairlead_flask_model.model_folder import load_models
from fairlead_flask_model.request_error import MediaTypeError, RequestError, UnknownModelError
from fairlead_flask_model.request_log import create_logger, log_requests
from fairlead_flask_model.scoring import decode_scoring_request, encode_scoring_response
from fairlead_flask_model.settings import Settings, read_settings
from fairlead_flask_model.strict_json import parse_json
from fairlead_flask_model.tensor import Tensor
from fairlead_flask_model.v2 import (
    decode_infer_request,
    describe_model,
    encode_infer_response,
    requested_outputs,
)

SERVER_NAME = "fairlead-flask-model"
SERVER_VERSION = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Creates the application: loads and verifies its models and checks their golden examples.

    Raises:
        SettingsError: A setting is missing or invalid.
        ModelError: A model cannot be served.
    """
    settings = settings or read_settings(os.environ)
    models = load_models(settings.model_folder)
    logger = create_logger(settings.log_level)

    app = Flask(__name__, static_folder=None)
    # Werkzeug truncates a chunked body at the limit without an error: one more byte detects it.
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes + 1
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # Both would answer a misspelled path with a redirect in HTML.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    log_requests(app, logger)
    _add_protocol(app, models)
    _add_scoring(app, models)

    @app.errorhandler(RequestError)
    def refuse(error: RequestError) -> Response:
        return _error(error.status, str(error))

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        # Werkzeug sets the right status and headers such as Allow, but a body in HTML.
        answer = _error(error.code or 500, _reason(error, settings))
        for name, value in error.get_headers():
            if name.lower() not in {"content-type", "content-length"}:
                answer.headers[name] = value
        return answer

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        logger.error("request failed", exc_info=error, extra={"fields": {"requestId": g.request_id}})
        return _error(500, f"the model server failed; see its log for request {g.request_id}")

    return app


def _add_protocol(app: Flask, models: Mapping[str, Model]) -> None:
    @app.get("/v2")
    def server() -> Response:
        return _json({"name": SERVER_NAME, "version": SERVER_VERSION, "extensions": []})

    @app.get("/v2/health/live")
    def live() -> Response:
        return _json({"live": True})

    @app.get("/v2/health/ready")
    @app.get("/ping")
    def ready() -> Response:
        reasons = [reason for reason in map(_unready_reason, models.values()) if reason is not None]
        return _json(
            {"live": True, "ready": not reasons, **({"reason": reasons[0]} if reasons else {})},
            status=503 if reasons else 200,
        )

    @app.get("/v2/models/<name>/ready")
    @app.get("/v2/models/<name>/versions/<version>/ready")
    def model_ready(name: str, version: str | None = None) -> Response:
        reason = _unready_reason(_find(models, name, version))
        return _json(
            {
                "name": name,
                "ready": reason is None,
                **({} if reason is None else {"reason": reason}),
            },
            status=200 if reason is None else 503,
        )

    @app.get("/v2/models/<name>")
    @app.get("/v2/models/<name>/versions/<version>")
    def metadata(name: str, version: str | None = None) -> Response:
        return _json(describe_model(_find(models, name, version)))

    @app.post("/v2/models/<name>/infer")
    @app.post("/v2/models/<name>/versions/<version>/infer")
    def infer(name: str, version: str | None = None) -> Response:
        model = _find(models, name, version)
        infer_request = decode_infer_request(_read_json())
        requested = requested_outputs(model, infer_request.outputs)
        outputs = {output.name: output for output in model.predict(infer_request.inputs)}
        _log_prediction(model, infer_request.inputs)
        answer = [outputs[output] for output in requested]
        return _json(encode_infer_response(model, infer_request.id, answer))


def _add_scoring(app: Flask, models: Mapping[str, Model]) -> None:
    @app.post("/models/<name>/invocations")
    def invocations(name: str) -> Response:
        model = _find(models, name, None)
        inputs = decode_scoring_request(model, _read_json())
        outputs = model.predict(inputs)
        _log_prediction(model, inputs)
        return _json(encode_scoring_response(outputs))


def _log_prediction(model: Model, inputs: Sequence[Tensor]) -> None:
    g.log_fields = {"model": model.name, "version": model.version, "rows": len(inputs[0].array)}


def _find(models: Mapping[str, Model], name: str, version: str | None) -> Model:
    model = models.get(name)
    if model is None:
        known = ", ".join(f'"{known}"' for known in models)
        raise UnknownModelError(f'there is no model "{name[:60]}"; there are {known}')
    if version is not None and version != model.version:
        raise UnknownModelError(f'model "{name}" has no version "{version[:60]}"; it has "{model.version}"')
    return model


def _unready_reason(model: Model) -> str | None:
    try:
        model.check_golden_examples()
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return None


def _read_json() -> Any:
    if request.mimetype != "application/json":
        raise MediaTypeError(f"expected Content-Type: application/json, found {request.mimetype or 'none'}")
    parameters = {name.lower(): value.lower() for name, value in request.mimetype_params.items()}
    if parameters not in ({}, {"charset": "utf-8"}):
        raise MediaTypeError("expected application/json with charset=utf-8 or no parameter")
    if request.content_encoding not in {None, "", "identity"}:
        raise MediaTypeError(f"expected a body without Content-Encoding, found {request.content_encoding}")
    body = request.get_data(cache=False)
    if len(body) >= current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge
    return parse_json(body)


def _reason(error: HTTPException, settings: Settings) -> str:
    match error.code:
        case 404:
            return f"there is nothing at {request.path[:200]}"
        case 405:
            return f"{request.method} is not allowed at {request.path[:200]}"
        case 413:
            return f"the body is larger than {settings.max_body_bytes} bytes"
        case _:
            return error.description or error.name


def _json(body: dict[str, Any], *, status: int = 200) -> Response:
    text = json.dumps(body, allow_nan=False, separators=(",", ":"))
    return Response(text, status=status, mimetype="application/json")


def _error(status: int, message: str) -> Response:
    return _json({"error": message}, status=status)
