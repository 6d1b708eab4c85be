"""The requests that MLflow documents: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/"""

import json

import pandas
import requests

from .sample import FEATURES, MLFLOW, MODELS, check, image, same_rows

# In another order than the model's: columns are found by their names.
frame = pandas.DataFrame(image, columns=FEATURES)[FEATURES[::-1]]


def ask(model, body, content_type="application/json"):
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"content-type": content_type}
    return requests.post(f"{MLFLOW[model]}/invocations", data=text, headers=headers, timeout=30)


def same_predictions(response):
    assert response.status_code == 200, response.text
    assert list(response.json()) == ["predictions"], response.text
    same_rows(response.json()["predictions"])


@check("MLflow: dataframe_split, as pandas writes it", *MODELS)
def split(model):
    same_predictions(ask(model, {"dataframe_split": json.loads(frame.to_json(orient="split"))}))
    same_predictions(ask(model, {"dataframe_split": {"data": image.tolist()}}))


@check("MLflow: dataframe_records, as pandas writes them", *MODELS)
def records(model):
    body = {"dataframe_records": json.loads(frame.to_json(orient="records"))}
    same_predictions(ask(model, body, "application/json; charset=utf-8"))


@check("MLflow: inputs and instances, with params", *MODELS)
def tensors(model):
    params = {"params": {"max_answer_len": 10}}
    same_predictions(ask(model, {"inputs": image.tolist(), **params}))
    same_predictions(ask(model, {"inputs": {"image": image.tolist()}}))
    same_predictions(ask(model, {"instances": image.tolist(), **params}))


@check("MLflow: CSV, as pandas writes it", *MODELS)
def csv(model):
    same_predictions(ask(model, frame.to_csv(index=False), "text/csv"))
    same_predictions(ask(model, frame.to_csv(index=False), "text/csv; charset=utf-8"))


@check("MLflow: ping, health and version", *MODELS)
def probes(model):
    for path in ("/ping", "/health", "/version"):
        response = requests.get(f"{MLFLOW[model]}{path}", timeout=30)
        assert response.status_code == 200, (path, response.text)


@check("MLflow: errors", *MODELS)
def errors(model):
    good = {"inputs": image.tolist()}
    for body, content_type, code in (
        ({"rows": []}, "application/json", 400),
        ({**good, "instances": image.tolist()}, "application/json", 400),
        ({**good, "extra": 1}, "application/json", 400),
        ("{", "application/json", 400),
        ([], "application/json", 400),
        ({"inputs": [["a"] * 64]}, "application/json", 400),
        ({"inputs": [[1, 2]]}, "application/json", 400),
        ({"dataframe_split": {"columns": ["a"], "data": [[1]]}}, "application/json", 400),
        ("a,b\n1\n", "text/csv", 400),
        (good, "application/x-yaml", 415),
        (good, "application/json; charset=latin-1", 415),
        (frame.to_csv(index=False), "text/csv; header=present", 415),
    ):
        response = ask(model, body, content_type)
        assert response.status_code == code, (str(body)[:80], content_type, response.text)
        # MLflow itself answers 415 in plain text.
        assert code == 415 or response.json()["error_code"] == "BAD_REQUEST", response.text
    assert requests.get(f"{MLFLOW[model]}/invocations", timeout=30).status_code == 405
