"""The one session that every Python side runs: the same ONNX file, with one thread, as each side has several processes."""

import os

import numpy as np
import onnxruntime


def open_session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(os.environ["BENCH_MODEL"], options)


def predict(session: onnxruntime.InferenceSession, x: np.ndarray) -> np.ndarray:
    (y,) = session.run(["y"], {"x": x})
    return y
