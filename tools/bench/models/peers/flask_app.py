"""Flask under Gunicorn: what a Python team writes first."""

import numpy as np
from bench_session import open_session, predict
from flask import Flask, request

SESSION = open_session()
app = Flask(__name__)


@app.post("/v2/models/m/infer")
def infer() -> dict:
    tensor = request.get_json()["inputs"][0]
    data = np.asarray(tensor["data"], np.float32).reshape(tensor["shape"])
    y = predict(SESSION, data)
    return {"outputs": [{"name": "y", "data": y.ravel().tolist()}]}
