"""What the checks know of the running sample, and what scikit-learn said of the rows that they send."""

import json
import os

import numpy as np

KEY = os.environ["CLIENTS_KEY"]
ADMIN_KEY = os.environ["CLIENTS_ADMIN_KEY"]
HTTP = os.environ["CLIENTS_HTTP"]
GRPC = os.environ["CLIENTS_GRPC"]
SAGEMAKER = f"http://{os.environ['CLIENTS_SAGEMAKER']}"
# A separate gateway for each: MLflow serves one model.
MLFLOW = {
    "digits": f"http://{os.environ['CLIENTS_MLFLOW']}",
    "digits-flask": f"http://{os.environ['CLIENTS_MLFLOW_FLASK']}",
}

# The ONNX export in the gateway, and its Python original behind it.
MODELS = ("digits", "digits-flask")
ROWS = 3
# The names of an image's 64 features in the model's signature.
FEATURES = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]

with open(f"{os.environ['CLIENTS_STATE']}/training/digits/heldout.json") as file:
    _held_out = json.load(file)
image = np.array(_held_out["inputs"][0]["data"], np.float32).reshape(-1, 64)[:ROWS]
_output = {each["name"]: np.array(each["data"]) for each in _held_out["outputs"]}
labels = _output["label"].astype(np.int64)[:ROWS]
probabilities = _output["probabilities"].reshape(-1, 10)[:ROWS]

# Every check by its name, in order.
CHECKS = {}


def check(name, *arguments):
    """Registers a check under its name; with arguments once for each of them, as `name (argument)`."""

    def register(function):
        if not arguments:
            CHECKS[name] = function
        for argument in arguments:
            CHECKS[f"{name} ({argument})"] = lambda: function(argument)
        return function

    return register


def bearer(key=KEY):
    """A new one for each call: tritonclient and kserve write into the headers that they are given."""
    return {"authorization": f"Bearer {key}"}


def admin():
    return bearer(ADMIN_KEY)


def same(label, probability):
    """The answer is what scikit-learn said of the same rows."""
    np.testing.assert_array_equal(np.ravel(label), labels)
    np.testing.assert_allclose(np.reshape(probability, (ROWS, 10)), probabilities, atol=1e-4)


def same_rows(predictions):
    """The same of predictions row by row, or of columns."""
    if isinstance(predictions, dict):
        same(predictions["label"], predictions["probabilities"])
    else:
        same([each["label"] for each in predictions], [each["probabilities"] for each in predictions])


def fails(error_type, call):
    """The error that a call ends with."""
    try:
        call()
    except error_type as error:
        return error
    raise AssertionError("it was answered")


# One element of each kind of storage, and what makes them hard: digits beyond 2^53, text, rounding, bits.
ECHO = {
    "whole": np.array([2**63 - 1, -(2**53) - 1], np.int64),
    "text": np.array(["Zürich", ""], np.object_),
    "half": np.array([0.1, -65504], np.float16),
    "flag": np.array([True, False], np.bool_),
}
ECHO_TYPES = {"whole": "INT64", "text": "BYTES", "half": "FP16", "flag": "BOOL"}


def same_echo(as_numpy):
    for name, sent in ECHO.items():
        got = as_numpy(f"{name}_out")
        if name == "text":
            got = np.array([each.decode() for each in got], np.object_)
        np.testing.assert_array_equal(got, sent)
        assert name == "text" or got.dtype == sent.dtype, (name, got.dtype)
