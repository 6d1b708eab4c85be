import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from fairlead_flask_model.app import create_app
from fairlead_flask_model.settings import Settings


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def make_client(model_folder: Path, log_level: str = "info") -> FlaskClient:
    return create_app(Settings(model_folder=model_folder, log_level=log_level)).test_client()


def test_logs_a_line_with_the_incoming_request_id(model_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tensor = {"name": "image", "datatype": "FP32", "shape": [2, 64], "data": [0] * 128}
    response = make_client(model_folder).post(
        "/v2/models/digits/infer?key=secret", json={"inputs": [tensor]}, headers={"X-Request-Id": "a.b-c_1"}
    )
    assert response.headers["X-Request-Id"] == "a.b-c_1"
    (line,) = lines(capfd)
    assert line.pop("time").endswith("Z")
    assert line.pop("durationMs") > 0
    assert len(line.pop("version")) == 12
    assert line == {
        "level": "info",
        "service": "flask-model",
        "requestId": "a.b-c_1",
        "method": "POST",
        "path": "/v2/models/digits/infer",
        "status": 200,
        "model": "digits",
        "rows": 2,
        "msg": "request",
    }


@pytest.mark.parametrize("bad", ["", "a b", "é", "x" * 129, '"', "-a", "a/b"])
def test_replaces_an_id_that_could_break_a_line_or_a_header(
    model_folder: Path, capfd: pytest.CaptureFixture[str], bad: str
) -> None:
    response = make_client(model_folder).get("/nothing", headers={"X-Request-Id": bad})
    assert response.status_code == 404
    assert len(response.headers["X-Request-Id"]) == 36
    (line,) = lines(capfd)
    assert line["requestId"] == response.headers["X-Request-Id"]
    assert line["status"] == 404


def test_a_path_cannot_forge_a_line_or_fill_the_log(model_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make_client(model_folder).get("/%0A%7B%22level%22:%22error%22%7D" + "x" * 9000)
    (line,) = lines(capfd)
    assert line["level"] == "info"
    assert len(line["path"]) == 512


def test_health_checks_are_logged_at_debug_only(model_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make_client(model_folder).get("/v2/health/ready")
    assert lines(capfd) == []
    make_client(model_folder, "debug").get("/v2/health/ready")
    assert lines(capfd)[-1]["level"] == "debug"
