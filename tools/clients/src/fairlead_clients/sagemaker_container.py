"""What SageMaker asks of a container, of one model and of several.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
"""

import io

import numpy as np
import requests

from .sample import FEATURES, MODELS, SAGEMAKER, admin, bearer, check, image, same_rows


def call(method, path, headers=None, **options):
    return requests.request(
        method, f"{SAGEMAKER}{path}", headers={**bearer(), **(headers or {})}, timeout=30, **options
    )


def rows_of(response):
    assert response.status_code == 200, response.text
    same_rows(response.json()["predictions"])


@check("SageMaker: ping and invocations, JSON and CSV")
def container():
    ping = call("GET", "/ping")
    assert (ping.status_code, ping.text) == (200, ""), ping.text
    rows_of(call("POST", "/invocations", json={"instances": image.tolist()}))
    text = io.StringIO()
    np.savetxt(text, image, delimiter=",", header=",".join(FEATURES), comments="")
    rows_of(call("POST", "/invocations", {"content-type": "text/csv"}, data=text.getvalue()))


@check("SageMaker: the models of a multi-model container, called by name", *MODELS)
def by_name(model):
    listed = call("GET", "/models").json()["models"]
    assert {"modelName": model, "modelUrl": model} in listed, listed
    assert call("GET", f"/models/{model}").json()["modelName"] == model
    rows_of(call("POST", f"/models/{model}/invoke", json={"instances": image.tolist()}))


@check("SageMaker: load and unload, by an administrator alone", *MODELS)
def model_control(model):
    load = {"model_name": model, "url": "/opt/ml/models/x/model"}
    path = f"/models/{model}"
    assert call("DELETE", path).status_code == 403
    assert call("POST", "/models", json=load).status_code == 403
    assert call("POST", "/models", admin(), json=load).status_code == 409
    assert call("DELETE", path, admin()).status_code == 200
    assert call("GET", path).status_code == 404
    assert call("POST", f"{path}/invoke", json={"instances": image.tolist()}).status_code == 404
    assert call("DELETE", path, admin()).status_code == 404
    # Another model stays: 507 says that there is no room, as FAIRLEAD_MAX_MODELS has it.
    other = next(each for each in MODELS if each != model)
    assert call("POST", f"/models/{other}/invoke", json={"instances": image.tolist()}).status_code == 200
    full = call("POST", "/models", admin(), json={"model_name": "breast-cancer", "url": "x"})
    assert full.status_code == 200, full.text
    assert call("POST", "/models", admin(), json=load).status_code == 507
    assert call("DELETE", "/models/breast-cancer", admin()).status_code == 200
    assert call("POST", "/models", admin(), json=load).status_code == 200
    rows_of(call("POST", f"{path}/invoke", json={"instances": image.tolist()}))


@check("SageMaker: errors")
def errors():
    assert call("POST", "/models/absent/invoke", json={"instances": [[1]]}).status_code == 404
    assert call("POST", "/invocations", json={"instances": [[1]]}).status_code == 400
    wrong = call("POST", "/invocations", {"content-type": "application/x-npy"}, data=b"x")
    assert wrong.status_code == 415, wrong.text
    assert call("PUT", "/invocations", json={}).status_code == 405
    assert requests.post(f"{SAGEMAKER}/invocations", json={}, timeout=30).status_code == 401
