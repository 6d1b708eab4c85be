"""Rows with known answers, in the JSON of the Open Inference Protocol."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead_flask_model.training.parity import TOLERANCE

MAX_CLASSES = 4


def make_example(input_name: str, X: NDArray[np.float32], probabilities: NDArray[Any]) -> dict[str, Any]:
    """Returns inputs and the outputs of the original model, as tensors."""
    return {
        "inputs": [_tensor(input_name, "FP32", X)],
        "outputs": [
            _tensor("label", "INT64", probabilities.argmax(axis=1)),
            _tensor("probabilities", "FP32", probabilities),
        ],
        "tolerance": TOLERANCE,
    }


def make_golden_examples(
    input_name: str, labels: list[str], X: NDArray[np.float32], probabilities: NDArray[Any]
) -> list[dict[str, Any]]:
    """Returns one row for each of a few classes, and the row with the lowest confidence."""
    predicted = probabilities.argmax(axis=1)
    chosen = {
        f"a typical {labels[label]}": int(np.where(predicted == label, probabilities[:, label], -1).argmax())
        for label in np.unique(predicted)[:MAX_CLASSES]
    }
    chosen["the lowest confidence"] = int(probabilities.max(axis=1).argmin())
    return [
        {"name": name, **make_example(input_name, X[row : row + 1], probabilities[row : row + 1])}
        for name, row in chosen.items()
    ]


def _tensor(name: str, datatype: str, array: NDArray[Any]) -> dict[str, Any]:
    flat = array.ravel().tolist()
    # Nine digits represent every FP32 exactly.
    data = [float(f"{value:.9g}") for value in flat] if datatype == "FP32" else flat
    return {"name": name, "datatype": datatype, "shape": list(array.shape), "data": data}
