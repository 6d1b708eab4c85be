"""Makes ONNX models of unusual shapes; run it with `onnx` and `numpy` to make them again."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent
FLOAT, BOOL, INT64 = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64
node = helper.make_node


def write(name, nodes, inputs, outputs, **constants):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(*value) for value in outputs],
        [numpy_helper.from_array(array, label) for label, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    checker.check_model(model)
    save(model, HERE / f"{name}.onnx")


write(
    "threshold",
    [node("Greater", ["x", "threshold"], ["y"])],
    [("x", FLOAT, ["n", 2]), ("threshold", FLOAT, [])],
    [("y", BOOL, ["n", 2])],
)
write(
    "scalars",
    [node("Add", ["a", "b"], ["y"])],
    [("a", FLOAT, []), ("b", FLOAT, [])],
    [("y", FLOAT, [])],
)
write(
    "empty",
    [node("ReduceSum", ["x", "axis"], ["y"], keepdims=0)],
    [("x", FLOAT, [2, 0])],
    [("y", FLOAT, [2])],
    axis=np.array([1]),
)
write(
    "empty-rows",
    [node("Concat", ["x", "more"], ["y"], axis=1)],
    [("x", FLOAT, ["n", 2]), ("more", FLOAT, ["n", 0])],
    [("y", FLOAT, ["n", 2])],
)
write(
    "ten-axes",
    [node("Neg", ["x"], ["y"])],
    [("x", FLOAT, ["n", 1, 2, 1, 2, 1, 2, 1, 2, "t"])],
    [("y", FLOAT, ["n", 1, 2, 1, 2, 1, 2, 1, 2, "t"])],
)
# Takes rows of 7, 14, 21, … numbers, as no input that is drawn has.
write(
    "sevens",
    [node("Reshape", ["x", "shape"], ["parts"]), node("ReduceSum", ["parts", "axes"], ["y"], keepdims=0)],
    [("x", FLOAT, ["n", "length"])],
    [("y", FLOAT, ["n"])],
    shape=np.array([0, -1, 7]),
    axes=np.array([1, 2]),
)
# Takes images whose sides are multiples of 32, as networks that halve them five times do.
write(
    "thirty-twos",
    [
        node("Reshape", ["x", "shape"], ["parts"]),
        node("ReduceMean", ["parts"], ["y"], axes=[1, 2, 3, 4, 5], keepdims=0),
    ],
    [("x", FLOAT, ["n", 3, "height", "width"])],
    [("y", FLOAT, ["n"])],
    shape=np.array([0, 3, -1, 32, 32, 1]),
)
# A state beside its input, whose rows are its second axis.
write(
    "with-state",
    [
        node("Reshape", ["x", "shape"], ["steps"]),
        node("ReduceSum", ["state", "axis"], ["start"], keepdims=0),
        node("ReduceSum", ["steps", "axes"], ["total"], keepdims=0),
        node("Unsqueeze", ["total", "one"], ["sum"]),
        node("Add", ["sum", "start"], ["y"]),
    ],
    [("x", FLOAT, ["n", "samples"]), ("state", FLOAT, [2, "n", 3])],
    [("y", FLOAT, ["n", 3])],
    shape=np.array([0, -1, 256]),
    axis=np.array([0]),
    axes=np.array([1, 2]),
    one=np.array([1]),
)
