"""A server of PyTriton for an ONNX file: Triton itself, with the model in Python."""

import os

import numpy as np
from bench_session import open_session, predict
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

SESSION = open_session()
SHAPE = tuple(map(int, os.environ["BENCH_SHAPE"].split(",")))
CLASSES = int(os.environ["BENCH_CLASSES"])


@batch
def infer(x: np.ndarray) -> list[np.ndarray]:
    return [predict(SESSION, x)]


config = TritonConfig(
    http_port=int(os.environ["BENCH_PORT"]),
    grpc_port=int(os.environ["BENCH_GRPC_PORT"]),
    metrics_port=int(os.environ["BENCH_METRICS_PORT"]),
    log_verbose=0,
)
with Triton(config=config) as triton:
    triton.bind(
        model_name="m",
        infer_func=infer,
        inputs=[Tensor(name="x", dtype=np.float32, shape=SHAPE)],
        outputs=[Tensor(name="y", dtype=np.float32, shape=(CLASSES,))],
        config=ModelConfig(max_batch_size=32, batcher=DynamicBatcher(max_queue_delay_microseconds=100)),
    )
    triton.serve()
