"""Writes the folders beside this file with MLflow: pip install mlflow-skinny==3.17.2 onnx==1.23.2 onnxruntime pandas."""

import shutil
from pathlib import Path

import mlflow.onnx
import numpy as np
import pandas as pd
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import ColSpec, Schema, TensorSpec
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
X = np.array([[1, 2], [3, 4]], np.float32)


def make_model():
    """y = 2 x + 1; a new model each time, because saving external weights changes it."""
    weights = numpy_helper.from_array(2 * np.eye(2, dtype=np.float32), "w")
    bias = numpy_helper.from_array(np.ones(2, np.float32), "b")
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w", "b"], ["y"])],
        "affine",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 2])],
        [weights, bias],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="affine", ir_version=8
    )


def tensor(name):
    return Schema([TensorSpec(np.dtype(np.float32), (-1, 2), name)])


tensors = ModelSignature(tensor("x"), tensor("y"))
columns = ModelSignature(
    Schema([ColSpec("float", "length"), ColSpec("float", "width")]), Schema([ColSpec("float", "y")])
)
kinds = {
    "tensor-spec": {"signature": tensors, "input_example": {"x": X}, "save_as_external_data": False},
    # By default MLflow keeps tensors of 1 KiB and more apart; these are smaller.
    "external-data": {"signature": tensors, "input_example": {"x": X}, "size_threshold": 0},
    "column-spec": {
        "signature": columns,
        "input_example": pd.DataFrame(X, columns=["length", "width"]),
        "save_as_external_data": False,
    },
}
for name, options in kinds.items():
    shutil.rmtree(HERE / name, ignore_errors=True)
    described = Model(run_id="0123456789abcdef0123456789abcdef", artifact_path="model")
    mlflow.onnx.save_model(make_model(), str(HERE / name), mlflow_model=described, **options)
    for file in (HERE / name).iterdir():
        file.chmod(0o644)
