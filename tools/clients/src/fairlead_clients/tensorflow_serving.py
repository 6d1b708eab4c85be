"""The requests that TensorFlow Serving's documentation shows: https://www.tensorflow.org/tfx/serving/api_rest"""

import json

import requests

from .sample import HTTP, MODELS, bearer, check, image, same, same_rows

URL = f"http://{HTTP}/v1/models"


def predict(path, body, **headers):
    response = requests.post(f"{URL}/{path}", json=body, headers={**bearer(), **headers}, timeout=30)
    assert response.status_code == 200, response.text
    return response.json()


@check("TensorFlow Serving: rows, with and without names", *MODELS)
def rows(model):
    body = {"signature_name": "serving_default", "instances": image.tolist()}
    same_rows(predict(f"{model}:predict", body)["predictions"])
    named = [{"image": row} for row in image.tolist()]
    same_rows(predict(f"{model}:predict", {"instances": named})["predictions"])


@check("TensorFlow Serving: columns of a version", *MODELS)
def columns(model):
    for inputs in ({"image": image.tolist()}, image.tolist()):
        outputs = predict(f"{model}/versions/1:predict", {"inputs": inputs})["outputs"]
        same(outputs["label"], outputs["probabilities"])


@check("TensorFlow Serving: as curl -d sends it", *MODELS)
def as_curl_sends_it(model):
    headers = {**bearer(), "content-type": "application/x-www-form-urlencoded"}
    text = json.dumps({"instances": image.tolist()})
    response = requests.post(f"{URL}/{model}:predict", data=text, headers=headers, timeout=30)
    assert response.status_code == 200, response.text
    same_rows(response.json()["predictions"])


@check("TensorFlow Serving: bytes in base64")
def base64_values():
    row = {"whole": 1, "text": {"b64": "WsO8cmljaA=="}, "half": 0.5, "flag": True}
    answer = predict("echo:predict", {"instances": [row]})["predictions"][0]
    assert answer == {"whole_out": 1, "text_out": "Zürich", "half_out": 0.5, "flag_out": True}, answer


@check("TensorFlow Serving: status, of a version too", *MODELS)
def status(model):
    for path in (model, f"{model}/versions/1"):
        response = requests.get(f"{URL}/{path}", headers=bearer(), timeout=30)
        metadata = response.json()["model_version_status"]
        assert metadata == [
            {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        ], metadata


@check("TensorFlow Serving: metadata", *MODELS)
def metadata(model):
    metadata = requests.get(f"{URL}/{model}/metadata", headers=bearer(), timeout=30).json()
    assert metadata["model_spec"]["name"] == model and metadata["model_spec"]["version"] == "1", metadata
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["inputs"]["image"]["dtype"] == "DT_FLOAT", signature
    assert set(signature["outputs"]) == {"label", "probabilities"}, signature


@check("TensorFlow Serving: errors", *MODELS)
def errors(model):
    good = {"instances": image.tolist()}
    for path, body, code in (
        ("absent:predict", good, 404),
        (f"{model}/versions/7:predict", good, 404),
        (f"{model}:predict", {"instances": [[1, 2, 3]]}, 400),
        (f"{model}:predict", {"rows": []}, 400),
        (f"{model}:predict", {**good, "signature_name": "other"}, 400),
    ):
        response = requests.post(f"{URL}/{path}", json=body, headers=bearer(), timeout=30)
        assert response.status_code == code, (path, body, response.text)
        assert list(response.json()) == ["error"], response.text
    for path in ("absent", f"{model}/versions/7", f"{model}/versions/7/metadata"):
        response = requests.get(f"{URL}/{path}", headers=bearer(), timeout=30)
        assert response.status_code == 404 and list(response.json()) == ["error"], response.text
