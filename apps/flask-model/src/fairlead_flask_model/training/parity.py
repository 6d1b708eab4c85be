"""Comparison of an ONNX export with its original."""

from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

TOLERANCE = 1e-4


class ParityError(Exception):
    """The outputs of the export differ; it must not be used."""


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Result of a comparison."""

    rows: int
    max_abs_diff: float
    label_agreement: float


def check_parity(onnx_model: bytes, pipeline: Pipeline, X: NDArray[np.float32]) -> Parity:
    """Runs both on the same rows.

    Raises:
        ParityError: A label differs, or a probability by more than 1e-4.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_model, options, providers=["CPUExecutionProvider"])
    (input_tensor,) = session.get_inputs()
    labels, probabilities = session.run(["label", "probabilities"], {input_tensor.name: X})
    differences = np.abs(probabilities - pipeline.predict_proba(X)).max(axis=1)
    agree = labels == pipeline.predict(X)
    parity = Parity(
        rows=len(X),
        max_abs_diff=float(differences.max()),
        label_agreement=float(agree.mean()),
    )
    # Written so that NaN is a difference.
    if not (agree.all() and parity.max_abs_diff <= TOLERANCE):
        raise ParityError(
            f"of {len(X)} rows, {int((~agree).sum())} have another label in ONNX and "
            f"{int((~(differences <= TOLERANCE)).sum())} a probability that differs by more than {TOLERANCE} "
            f"(at most {parity.max_abs_diff:.3g}, in row {int(differences.argmax())})"
        )
    return parity
