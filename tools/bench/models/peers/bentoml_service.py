"""A service of BentoML for an ONNX file."""

import os

import bentoml
import numpy as np
from bench_session import open_session, predict

LOGGING = {"access": {"enabled": False}}


@bentoml.service(workers=int(os.environ["BENCH_WORKERS"]), logging=LOGGING, metrics={"enabled": False})
class Bench:
    def __init__(self) -> None:
        self.session = open_session()

    @bentoml.api(route="/infer")
    def infer(self, x: np.ndarray) -> np.ndarray:
        return predict(self.session, x.astype(np.float32))
