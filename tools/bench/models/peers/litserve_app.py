"""A server of LitServe for an ONNX file."""

import os

import litserve
import numpy as np
from bench_session import open_session, predict


class Bench(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.session = open_session()

    def decode_request(self, request: dict) -> np.ndarray:
        return np.asarray(request["x"], np.float32)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return predict(self.session, x)

    def encode_response(self, y: np.ndarray) -> dict:
        return {"y": y.tolist()}


if __name__ == "__main__":
    workers = int(os.environ["BENCH_WORKERS"])
    server = litserve.LitServer(
        Bench(api_path="/infer"), accelerator="cpu", workers_per_device=workers, fast_queue=True
    )
    server.run(
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        num_api_servers=workers,
        log_level="warning",
        access_log=False,
        generate_client_file=False,
    )
