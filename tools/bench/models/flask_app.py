"""(b) Flask under Gunicorn on the same ONNX file: what a Python team writes first."""

import os

import numpy as np
import onnxruntime
from flask import Flask, request

OPTIONS = onnxruntime.SessionOptions()
OPTIONS.intra_op_num_threads = 1
SESSION = onnxruntime.InferenceSession(os.environ["BENCH_MODEL"], OPTIONS)
app = Flask(__name__)


@app.post("/v2/models/m/infer")
def infer() -> dict:
    tensor = request.get_json()["inputs"][0]
    data = np.asarray(tensor["data"], np.float32).reshape(tensor["shape"])
    (y,) = SESSION.run(["y"], {"x": data})
    return {"outputs": [{"name": "y", "data": y.ravel().tolist()}]}
