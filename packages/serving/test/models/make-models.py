"""Makes the small ONNX models of the tests; run it with the `onnx` package to make them again."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent


def write(name, nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(*value) for value in outputs],
        [numpy_helper.from_array(array, label) for label, array in constants],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    checker.check_model(model)
    save(model, HERE / f"{name}.onnx")


FLOAT, INT64, STRING, HALF, BOOL = (
    TensorProto.FLOAT,
    TensorProto.INT64,
    TensorProto.STRING,
    TensorProto.FLOAT16,
    TensorProto.BOOL,
)

# y = 2 x + 1: the output identifies its input.
write(
    "affine",
    [helper.make_node("Mul", ["x", "two"], ["m"]), helper.make_node("Add", ["m", "one"], ["y"])],
    [("x", FLOAT, ["n", 2])],
    [("y", FLOAT, ["n", 2])],
    [("two", np.array(2, "f4")), ("one", np.array(1, "f4"))],
)
# The same, plus 100: another version, whose answers are told apart.
write(
    "affine-next",
    [helper.make_node("Mul", ["x", "two"], ["m"]), helper.make_node("Add", ["m", "one"], ["y"])],
    [("x", FLOAT, ["n", 2])],
    [("y", FLOAT, ["n", 2])],
    [("two", np.array(2, "f4")), ("one", np.array(101, "f4"))],
)
# Every kind of storage goes through unchanged.
KINDS = [("whole", INT64), ("text", STRING), ("half", HALF), ("flag", BOOL)]
write(
    "echo",
    [helper.make_node("Identity", [name], [f"{name}_out"]) for name, _ in KINDS],
    [(name, kind, ["n"]) for name, kind in KINDS],
    [(f"{name}_out", kind, ["n"]) for name, kind in KINDS],
)
# Fails on some values only: Gather refuses indices out of range.
write(
    "picky",
    [helper.make_node("Gather", ["table", "index"], ["value"])],
    [("index", INT64, ["n"])],
    [("value", FLOAT, ["n"])],
    [("table", np.array([10, 20, 30], "f4"))],
)
# Rows influence each other: together they give something else than alone.
write(
    "crossed",
    [helper.make_node("Softmax", ["x"], ["y"], axis=0)],
    [("x", FLOAT, ["n", 2])],
    [("y", FLOAT, ["n", 2])],
)
# Outputs with a row for each row of the input, and outputs without: a constant, a scalar, a single row.
write(
    "rows",
    [
        helper.make_node("Neg", ["x"], ["y"]),
        helper.make_node("Identity", ["labels"], ["classes"]),
        helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0),
        helper.make_node("ReduceSum", ["x", "rows"], ["sums"], keepdims=1),
    ],
    [("x", FLOAT, ["n", 2])],
    [("y", FLOAT, ["n", 2]), ("classes", FLOAT, [2]), ("total", FLOAT, []), ("sums", FLOAT, [1, 2])],
    [("labels", np.array([10, 20], "f4")), ("rows", np.array([0], "i8"))],
)
# The columns of a table, each of another datatype, go through unchanged.
COLUMNS = [("text", STRING, ["n"]), ("id", INT64, ["n", 1]), ("flag", BOOL, ["n"]), ("size", FLOAT, ["n"])]
write(
    "pass",
    [helper.make_node("Identity", [name], [f"{name}_out"]) for name, _, _ in COLUMNS],
    COLUMNS,
    [(f"{name}_out", kind, shape) for name, kind, shape in COLUMNS],
)
# As slow as requested: Loop multiplies matrices `times` times.
body = helper.make_graph(
    [
        helper.make_node("MatMul", ["state_in", "state_in"], ["product"]),
        helper.make_node("Mul", ["product", "tiny"], ["state_out"]),
        helper.make_node("Identity", ["cond_in"], ["cond_out"]),
    ],
    "body",
    [
        helper.make_tensor_value_info("i", INT64, []),
        helper.make_tensor_value_info("cond_in", BOOL, []),
        helper.make_tensor_value_info("state_in", FLOAT, [128, 128]),
    ],
    [
        helper.make_tensor_value_info("cond_out", BOOL, []),
        helper.make_tensor_value_info("state_out", FLOAT, [128, 128]),
    ],
    [numpy_helper.from_array(np.array(0.001, "f4"), "tiny")],
)
write(
    "slow",
    [
        helper.make_node("Squeeze", ["times"], ["count"]),
        helper.make_node("Loop", ["count", "yes", "start"], ["state"], body=body),
        helper.make_node("ReduceMean", ["state"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["y"]),
    ],
    [("times", INT64, [1])],
    [("y", FLOAT, [1])],
    [
        ("yes", np.array(True)),
        ("start", np.ones((128, 128), "f4")),
        ("axis", np.array([0], "i8")),
    ],
)
# Never ends: Loop counts to 2^62.
endless = helper.make_graph(
    [helper.make_node("Identity", ["c"], ["c_out"]), helper.make_node("Identity", ["v"], ["v_out"])],
    "endless-body",
    [
        helper.make_tensor_value_info("i", INT64, []),
        helper.make_tensor_value_info("c", BOOL, []),
        helper.make_tensor_value_info("v", FLOAT, ["n", 2]),
    ],
    [helper.make_tensor_value_info("c_out", BOOL, []), helper.make_tensor_value_info("v_out", FLOAT, ["n", 2])],
)
write(
    "endless",
    [helper.make_node("Loop", ["count", "yes", "x"], ["y"], body=endless)],
    [("x", FLOAT, ["n", 2])],
    [("y", FLOAT, ["n", 2])],
    [("count", np.array(2**62)), ("yes", np.array(True))],
)
# Small to store, slow to load: ONNX Runtime computes what depends on constants alone, here 100 products of matrices.
folded = [helper.make_node("ConstantOfShape", ["size"], ["p0"], value=helper.make_tensor("v", FLOAT, [1], [0.001]))]
folded += [helper.make_node("MatMul", [f"p{step}", "p0"], [f"p{step + 1}"]) for step in range(100)]
folded += [helper.make_node("ReduceMean", ["p100"], ["mean"], keepdims=0), helper.make_node("Add", ["x", "mean"], ["y"])]
write("folded", folded, [("x", FLOAT, ["n", 2])], [("y", FLOAT, ["n", 2])], [("size", np.array([512, 512]))])
# Takes any number of columns, none as well.
write(
    "wide",
    [helper.make_node("Identity", ["x"], ["y"])],
    [("x", FLOAT, ["n", "m"])],
    [("y", FLOAT, ["n", "m"])],
)
# ONNX Runtime divides by the length without a check: 0 ends the process.
write(
    "spectrum",
    [helper.make_node("STFT", ["signal", "step", "", "length"], ["spectrum"], onesided=1)],
    [("signal", FLOAT, [1, "n", 1]), ("length", INT64, [])],
    [("spectrum", FLOAT, [1, "frames", "bins", 2])],
    [("step", np.array(8, "i8"))],
)
# Joins the columns of two inputs whose rows have no common name, as converters of scikit-learn write it.
write(
    "joined",
    [helper.make_node("Concat", ["age", "zip"], ["y"], axis=1)],
    [("age", FLOAT, [None, 1]), ("zip", FLOAT, [None, 1])],
    [("y", FLOAT, [None, 2])],
)
# An image of any size; pooling takes no length of 0.
write(
    "pooled",
    [helper.make_node("MaxPool", ["image"], ["y"], kernel_shape=[1, 1])],
    [("image", FLOAT, [None, 3, "h", "w"])],
    [("y", FLOAT, [None, 3, "oh", "ow"])],
)
