"""The application as it runs in production: under Gunicorn, on a Unix socket."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from read_json import read_json

# Three of them fit into the buffers of a socket: the client has sent all before the answer closes the connection.
MAX_BODY_BYTES = 50_000
START_SECONDS = 300


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=120)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(120)
        self.sock.connect(str(self._path))


def ask(path: Path, method: str, url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    connection = UnixConnection(path)
    try:
        connection.request(method, url, body, headers, encode_chunked="Transfer-Encoding" in headers)
        response = connection.getresponse()
        assert response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def start(folder: Path, socket_path: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "4"),
            *("--no-control-socket", "--bind", f"unix:{socket_path}", "fairlead_flask_model.app:create_app()"),
        ],
        env={**os.environ, "PYTHONPATH": "src", "FAIRLEAD_MODEL_FOLDER": str(folder), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def served(model_folder: Path) -> Iterator[Path]:
    # A socket's path may have 107 characters; pytest's own folders can be longer.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flask.sock"
        server = start(model_folder, path, FAIRLEAD_MAX_BODY_BYTES=str(MAX_BODY_BYTES), FAIRLEAD_LOG_LEVEL="error")
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    if ask(path, "GET", "/v2/health/ready")[0] == 200:
                        break
                except OSError:
                    assert server.poll() is None
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            yield path
        finally:
            server.send_signal(signal.SIGTERM)
            _, errors = server.communicate(timeout=START_SECONDS)
            assert server.returncode == 0, errors
            assert not path.exists()


def test_concurrent_clients_get_their_responses(served: Path, model_folder: Path) -> None:
    held_out = read_json(model_folder / "digits/heldout.json")
    (tensor,) = held_out["inputs"]
    label, _ = held_out["outputs"]

    def predict(row: int) -> int:
        one = {**tensor, "shape": [1, 64], "data": tensor["data"][row * 64 : row * 64 + 64]}
        body = json.dumps({"id": str(row), "inputs": [one], "outputs": [{"name": "label"}]})
        status, answer = ask(served, "POST", "/v2/models/digits/infer", body, **{"Content-Type": "application/json"})
        assert (status, answer["id"]) == (200, str(row))
        (prediction,) = answer["outputs"][0]["data"]
        return int(prediction)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(predict, range(100))) == label["data"][:100]


def test_refuses_large_bodies_with_and_without_a_length(served: Path) -> None:
    headers = {"Content-Type": "application/json"}
    small = b'{"inputs":[]}'
    for body in (small.ljust(MAX_BODY_BYTES + 1), small.ljust(MAX_BODY_BYTES * 3)):
        status, answer = ask(served, "POST", "/v2/models/digits/infer", body, **headers)
        assert (status, answer["error"]) == (413, f"the body is larger than {MAX_BODY_BYTES} bytes")
        status, answer = ask(
            served, "POST", "/v2/models/digits/infer", iter([body]), **headers, **{"Transfer-Encoding": "chunked"}
        )
        assert (status, answer["error"]) == (413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    # What fits the limit is read to its end, chunked as well.
    status, answer = ask(
        served,
        "POST",
        "/v2/models/digits/infer",
        iter([small, b" " * (MAX_BODY_BYTES - len(small))]),
        **headers,
        **{"Transfer-Encoding": "chunked"},
    )
    assert status == 400
    assert "found no such tensor" in answer["error"]


def test_a_missing_length_is_an_empty_body(served: Path) -> None:
    status, answer = ask(served, "POST", "/v2/models/digits/infer", **{"Content-Type": "application/json"})
    assert (status, answer["error"]) == (400, "the body is empty; expected JSON")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"FAIRLEAD_MAX_BODY_BYTES": "lots"}, "FAIRLEAD_MAX_BODY_BYTES is 'lots'"),
        ({"FAIRLEAD_MODEL_THREADS": "0"}, "FAIRLEAD_MODEL_THREADS is '0'"),
        ({"FAIRLEAD_MODEL_FOLDER": "/nothing/there"}, "FAIRLEAD_MODEL_FOLDER is '/nothing/there'"),
    ],
)
def test_a_bad_setting_is_named_and_nothing_starts(
    model_folder: Path, tmp_path: Path, environment: dict[str, str], message: str
) -> None:
    server = start(model_folder, tmp_path / "s", **environment)
    _, errors = server.communicate(timeout=START_SECONDS)
    assert server.returncode != 0
    assert message in errors


def test_native_libraries_take_the_threads_that_are_set() -> None:
    script = (
        "import fairlead_flask_model, numpy, sklearn.ensemble, threadpoolctl, json;"
        "print(json.dumps([pool['num_threads'] for pool in threadpoolctl.threadpool_info()]))"
    )

    def threads(**environment: str) -> set[int]:
        inherited = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
        output = subprocess.check_output(
            [sys.executable, "-c", script], env={**inherited, "PYTHONPATH": "src", **environment}
        )
        return set(json.loads(output))

    assert threads() == {1}
    if (os.cpu_count() or 1) >= 2:
        assert threads(FAIRLEAD_MODEL_THREADS="2") == {2}
