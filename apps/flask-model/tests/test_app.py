import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from breakable import write_breakable_model
from conftest import MAX_BODY_BYTES
from fairlead_flask_model.app import create_app
from fairlead_flask_model.settings import Settings
from read_json import read_json

INFER = "/v2/models/digits/infer"
PIXELS = [0.0] * 64


def image(**changes: Any) -> dict[str, Any]:
    return {"name": "image", "datatype": "FP32", "shape": [1, 64], "data": PIXELS, **changes}


def infer(client: FlaskClient, *inputs: Any, path: str = INFER, **fields: Any) -> TestResponse:
    return client.post(path, json={"inputs": inputs, **fields})


def error_of(response: TestResponse) -> str:
    """The message of a refusal, which is JSON and nothing else."""
    assert response.content_type == "application/json"
    body = json.loads(response.data)
    assert list(body) == ["error"]
    message: str = body["error"]
    return message


def test_describes_the_server(client: FlaskClient) -> None:
    server = client.get("/v2")
    assert server.status_code == 200
    assert server.json == {"name": "fairlead-flask-model", "version": "0.1.0", "extensions": []}
    assert client.get("/v2/health/live").json == {"live": True}
    for path in ("/v2/health/ready", "/ping"):
        assert client.get(path).json == {"live": True, "ready": True}


def test_describes_its_models(client: FlaskClient, trained: Path) -> None:
    metadata = read_json(trained / "metadata.json")
    version = metadata["files"]["model.joblib"]["sha256"][:12]
    for path in (f"/v2/models/{trained.name}", f"/v2/models/{trained.name}/versions/{version}"):
        assert client.get(path).json == {
            "name": trained.name,
            "versions": [version],
            "platform": "sklearn",
            **metadata["signature"],
        }
        assert client.get(f"{path}/ready").json == {"name": trained.name, "ready": True}


@pytest.mark.parametrize("nested", [False, True])
def test_answers_as_scikit_learn_did_when_it_was_trained(client: FlaskClient, trained: Path, *, nested: bool) -> None:
    held_out = read_json(trained / "heldout.json")
    (tensor,) = held_out["inputs"]
    tensor["data"] = np.array(tensor["data"]).reshape(tensor["shape"])[:60].reshape(-1).tolist()
    tensor["shape"][0] = 60
    if nested:
        tensor["data"] = np.array(tensor["data"]).reshape(tensor["shape"]).tolist()
    response = infer(client, tensor, path=f"/v2/models/{trained.name}/infer", id="é-1")
    assert response.status_code == 200
    answer = json.loads(response.data)
    assert answer["model_name"] == trained.name
    assert answer["id"] == "é-1"
    label, probabilities = answer["outputs"]
    expected_label, expected = held_out["outputs"]
    classes = expected["shape"][1]
    assert (label["name"], label["datatype"], label["shape"]) == ("label", "INT64", [60])
    assert label["data"] == expected_label["data"][:60]
    assert (probabilities["name"], probabilities["datatype"]) == ("probabilities", "FP32")
    assert probabilities["shape"] == [60, classes]
    difference = np.abs(np.array(probabilities["data"]) - np.array(expected["data"][: 60 * classes]))
    assert difference.max() < 1e-6


def test_returns_the_requested_outputs(client: FlaskClient) -> None:
    def names(outputs: Any) -> list[str]:
        answer = infer(client, image(), outputs=outputs).json
        assert answer is not None
        assert "id" not in answer
        return [output["name"] for output in answer["outputs"]]

    assert names([{"name": "probabilities"}]) == ["probabilities"]
    assert names([{"name": "probabilities"}, {"name": "label"}]) == ["probabilities", "label"]
    assert names([]) == ["label", "probabilities"]


def test_answers_no_rows_with_no_rows(client: FlaskClient) -> None:
    answer = infer(client, image(shape=[0, 64], data=[])).json
    assert answer is not None
    assert [(output["shape"], output["data"]) for output in answer["outputs"]] == [([0], []), ([0, 10], [])]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], 'tensor "image": expected FP32 of shape [any,64], found no such tensor'),
        ([image(), image()], "expected each tensor once"),
        ([image(name="picture")], 'tensor "picture": expected only "image"'),
        ([image(datatype="FP64")], 'tensor "image": expected datatype FP32, found FP64'),
        ([image(datatype="FLOAT")], 'a "datatype" of BOOL'),
        ([image(shape=[64])], 'tensor "image": expected shape [any,64], found [64]'),
        ([image(shape=[2, 64])], "expected 128 elements for shape [2,64], found 64"),
        ([image(shape=[1, 63], data=PIXELS[1:])], "expected shape [any,64], found [1,63]"),
        ([image(data=[*PIXELS[1:], 17])], 'from 0 to 16, found 17 at element 63 (feature "pixel_7_7")'),
        ([image(data=[-0.1, *PIXELS[1:]])], 'found -0.10000000149011612 at element 0 (feature "pixel_0_0")'),
        ([image(data=["1", *PIXELS[1:]])], 'expected a finite number (FP32), found "1" at element 0'),
        ([image(data=[None, *PIXELS[1:]])], "found null at element 0"),
        ([image(data=[1e39, *PIXELS[1:]])], "a number within"),
        (["image"], "expected an object"),
        ({"image": 1}, '"inputs" must be a list of tensors'),
    ],
)
def test_names_inputs_that_do_not_match_the_signature(client: FlaskClient, inputs: Any, message: str) -> None:
    response = client.post(INFER, json={"inputs": inputs})
    assert response.status_code == 400
    assert message in error_of(response)


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"id": 7}, 400, '"id" must be a string'),
        ({"id": None}, 400, '"id" must be a string'),
        ({"id": "x" * 1025}, 400, "at most 1024 characters"),
        ({"outputs": "label"}, 400, '"outputs" must be a list'),
        ({"outputs": None}, 400, '"outputs" must be a list'),
        ({"outputs": ["label"]}, 400, 'each of "outputs" needs a "name"'),
        ({"outputs": [{"name": "lable"}]}, 400, 'has no output "lable"; it has "label", "probabilities"'),
        ({"outputs": [{"name": "label"}, {"name": "label"}]}, 400, "requested twice"),
        ({"outputs": [{"name": "label", "parameters": {"classification": 3}}]}, 501, "not supported"),
        ({"inputs": [image(parameters={"binary_data_size": 256})]}, 501, 'send "data"'),
    ],
)
def test_names_errors_around_the_tensors(
    client: FlaskClient, fields: dict[str, Any], status: int, message: str
) -> None:
    response = client.post(INFER, json={"inputs": [image()], **fields})
    assert response.status_code == status
    assert message in error_of(response)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is empty"),
        (b"[]", "must be a JSON object"),
        (b'{"inputs":[', "the body is not JSON"),
        (b'{"inputs":[],"inputs":[]}', 'the key "inputs" twice'),
        (b'{"inputs":[{"data":[NaN]}]}', "NaN is not a number"),
        (b'{"id":"\xff","inputs":[]}', "not UTF-8"),
        (b'{"inputs":' + b"[" * 5000, "nests deeper than 100"),
    ],
)
def test_names_errors_of_the_json(client: FlaskClient, body: bytes, message: str) -> None:
    response = client.post(INFER, data=body, content_type="application/json")
    assert response.status_code == 400
    assert message in error_of(response)


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    + [f"application/json; {parameter}" for parameter in ("charset=utf-7", "charset=utf-16", "version=1")],
)
def test_refuses_other_media_types(client: FlaskClient, content_type: str | None) -> None:
    response = client.post(INFER, data=json.dumps({"inputs": [image()]}), content_type=content_type)
    assert response.status_code == 415
    assert "application/json" in error_of(response)


def test_accepts_utf_8_by_name_and_refuses_compressed_bodies(client: FlaskClient) -> None:
    body = json.dumps({"inputs": [image()]})
    assert client.post(INFER, data=body, content_type='application/json; charset="UTF-8"').status_code == 200
    response = client.post(INFER, data=body, content_type="application/json", headers={"Content-Encoding": "gzip"})
    assert response.status_code == 415
    assert "gzip" in error_of(response)


def test_refuses_a_body_above_the_limit_and_accepts_one_at_it(client: FlaskClient) -> None:
    body = json.dumps({"inputs": [image()]}).ljust(MAX_BODY_BYTES).encode()
    assert client.post(INFER, data=body, content_type="application/json").status_code == 200
    for too_large in (body + b" ", body * 2):
        response = client.post(INFER, data=too_large, content_type="application/json")
        assert response.status_code == 413
        assert f"larger than {MAX_BODY_BYTES} bytes" in error_of(response)


@pytest.mark.parametrize(
    "path",
    ["/", "/v2/", "//v2", "/v2/nothing", "/v2/models", "/v2/models/digits/", "/v2/models/digits/versions", "/static/x"],
)
def test_responds_in_json_to_unknown_paths(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "there is nothing at" in error_of(response)


@pytest.mark.parametrize("path", ["", "/ready", "/infer"])
def test_lists_the_existing_models_and_versions(client: FlaskClient, path: str) -> None:
    def ask(model: str) -> TestResponse:
        url = f"/v2/models/{model}{path}"
        return client.post(url, data=b"{") if path == "/infer" else client.get(url)

    unknown = ask("digit")
    assert unknown.status_code == 404
    assert error_of(unknown) == 'there is no model "digit"; there are "breast-cancer", "digits"'
    version = ask("digits/versions/7")
    assert version.status_code == 404
    assert 'model "digits" has no version "7"; it has "' in error_of(version)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v2", {"GET", "HEAD"}),
        ("DELETE", "/v2/models/digits", {"GET", "HEAD"}),
        ("OPTIONS", "/v2", {"GET", "HEAD"}),
        ("GET", INFER, {"POST"}),
        ("GET", "/models/digits/invocations", {"POST"}),
    ],
)
def test_lists_the_allowed_methods(client: FlaskClient, method: str, path: str, allowed: set[str]) -> None:
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert f"{method} is not allowed" in error_of(response)
    assert set(response.headers["Allow"].split(", ")) == allowed


def test_readiness_and_responses_report_a_broken_model(
    model_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    switch = tmp_path / "switch"
    write_breakable_model(model_folder / "digits", tmp_path / "models", switch)
    client = create_app(Settings(model_folder=tmp_path / "models")).test_client()
    assert client.get("/v2/health/ready").status_code == 200

    switch.touch()
    for path in ("/v2/health/ready", "/ping", "/v2/models/digits/ready"):
        response = client.get(path)
        assert response.status_code == 503
        assert response.json is not None
        assert response.json["ready"] is False
        assert "RuntimeError" in response.json["reason"]
    assert client.get("/v2/health/live").status_code == 200

    failed = client.post(INFER, json={"inputs": [image()]}, headers={"X-Request-Id": "abc"})
    assert failed.status_code == 500
    assert error_of(failed) == "the model server failed; see its log for request abc"
    logged = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    failure = next(line for line in logged if line["msg"] == "request failed")
    assert failure["requestId"] == "abc"
    assert "secret detail" in failure["error"]

    switch.unlink()
    assert infer(client, image()).status_code == 200
    assert client.get("/v2/health/ready").status_code == 200
