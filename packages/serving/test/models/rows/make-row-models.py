"""Makes ONNX models whose rows do and don't influence each other; run it with `onnx` and `numpy` to make them again.

Beside the files it writes `models.json`: the signature of each, and whether its rows are independent.
"""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent
FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
DATATYPES = {FLOAT: "FP32", INT64: "INT64", BOOL: "BOOL"}
node = helper.make_node
random = np.random.default_rng(7)
models = {}


def weights(*shape):
    return random.normal(0, 0.7, shape).astype("f4")


def axes(*values):
    return np.array(values, "i8")


def write(name, independent, nodes, inputs, outputs, functions=(), **constants):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(*value) for value in outputs],
        [numpy_helper.from_array(array, label) for label, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    if functions:
        opsets.append(helper.make_opsetid("own", 1))
    model = helper.make_model(graph, opset_imports=opsets, functions=functions)
    model.ir_version = 9
    checker.check_model(model)
    save(model, HERE / f"{name}.onnx")
    specs = [
        [
            {
                "name": label,
                "datatype": DATATYPES[kind],
                "shape": [-1 if isinstance(length, str) else length for length in shape],
            }
            for label, kind, shape in values
        ]
        for values in (inputs, outputs)
    ]
    signature = {"inputs": specs[0], "outputs": specs[1]}
    models[name] = {"independent": independent, "signature": signature}


def x(*shape):
    return [("x", FLOAT, list(shape))]


def y(*shape, kind=FLOAT):
    return [("y", kind, list(shape))]


# Models whose rows influence each other.

write(
    "running-sum", False, [node("CumSum", ["x", "axis"], ["y"])], x("t", 2), y("t", 2), axis=np.array(0)
)
write(
    "time-major-lstm",
    False,
    [
        node("LSTM", ["x", "w", "r"], ["states"], hidden_size=4),
        node("Squeeze", ["states", "one"], ["y"]),
    ],
    x("t", 1, 3),
    y("t", 1, 4),
    w=weights(1, 16, 3),
    r=weights(1, 16, 4),
    one=axes(1),
)
write(
    "time-major-gru",
    False,
    [
        node("Unsqueeze", ["x", "one"], ["sequence"]),
        node("GRU", ["sequence", "w", "r"], ["states"], hidden_size=4),
        node("Squeeze", ["states", "both"], ["y"]),
    ],
    x("t", 3),
    y("t", 4),
    w=weights(1, 12, 3),
    r=weights(1, 12, 4),
    one=axes(1),
    both=axes(1, 2),
)
write(
    "attention-without-batch",
    False,
    [
        node("MatMul", ["x", "wq"], ["q"]),
        node("MatMul", ["x", "wk"], ["k"]),
        node("MatMul", ["x", "wv"], ["v"]),
        node("Transpose", ["k"], ["kt"], perm=[1, 0]),
        node("MatMul", ["q", "kt"], ["scores"]),
        node("Softmax", ["scores"], ["shares"], axis=-1),
        node("MatMul", ["shares", "v"], ["y"]),
    ],
    x("t", 6),
    y("t", 6),
    wq=weights(6, 6),
    wk=weights(6, 6),
    wv=weights(6, 6),
)
write(
    "convolution-over-rows",
    False,
    [
        node("Transpose", ["x"], ["channels"], perm=[1, 0]),
        node("Unsqueeze", ["channels", "zero"], ["signal"]),
        node("Conv", ["signal", "w"], ["filtered"], pads=[1, 1]),
        node("Squeeze", ["filtered", "zero"], ["flat"]),
        node("Transpose", ["flat"], ["y"], perm=[1, 0]),
    ],
    x("t", 2),
    y("t", 3),
    w=weights(3, 2, 3),
    zero=axes(0),
)
write(
    "pairwise-ranking",
    False,
    [
        node("MatMul", ["x", "w"], ["score"]),
        node("Transpose", ["score"], ["others"], perm=[1, 0]),
        node("Sub", ["score", "others"], ["lead"]),
        node("Sigmoid", ["lead"], ["wins"]),
        node("ReduceSum", ["wins", "one"], ["y"], keepdims=1),
    ],
    x("n", 3),
    y("n", 1),
    w=weights(3, 1),
    one=axes(1),
)
write(
    "rank-of-score",
    False,
    [
        node("Transpose", ["x"], ["others"], perm=[1, 0]),
        node("Less", ["x", "others"], ["behind"]),
        node("Cast", ["behind"], ["each"], to=INT64),
        node("ReduceSum", ["each", "one"], ["y"], keepdims=0),
    ],
    x("n", 1),
    y("n", kind=INT64),
    one=axes(1),
)
write(
    "label-against-average",
    False,
    [
        node("ReduceMean", ["x"], ["average"], axes=[0], keepdims=1),
        node("Sub", ["x", "average"], ["lead"]),
        node("ArgMax", ["lead"], ["y"], axis=1, keepdims=0),
    ],
    x("n", 3),
    y("n", kind=INT64),
)
write(
    "alarm-of-all-rows",
    False,
    [
        node("ReduceMax", ["x"], ["largest"], axes=[0, 1], keepdims=1),
        node("Mul", ["x", "zero"], ["nothing"]),
        node("Add", ["nothing", "largest"], ["each"]),
        node("Greater", ["each", "limit"], ["y"]),
    ],
    x("n", 2),
    y("n", 2, kind=BOOL),
    zero=np.array(0, "f4"),
    limit=np.array(1e6, "f4"),
)
write(
    "divided-by-rows",
    False,
    [
        node("Shape", ["x"], ["shape"], start=0, end=1),
        node("Cast", ["shape"], ["count"], to=FLOAT),
        node("Div", ["x", "count"], ["y"]),
    ],
    x("n", 2),
    y("n", 2),
)
write(
    "noise",
    False,
    [node("RandomNormalLike", ["x"], ["noise"]), node("Add", ["x", "noise"], ["y"])],
    x("n", 2),
    y("n", 2),
)
write(
    "softmax-over-rows", False, [node("Softmax", ["x"], ["y"], axis=0)], x("n", 2), y("n", 2)
)
write(
    "batch-normalized",
    False,
    [
        node(
            "BatchNormalization",
            ["x", "scale", "bias", "mean", "variance"],
            ["y", "new_mean", "new_variance"],
            training_mode=1,
        )
    ],
    x("n", 3),
    y("n", 3),
    scale=np.ones(3, "f4"),
    bias=np.zeros(3, "f4"),
    mean=np.zeros(3, "f4"),
    variance=np.ones(3, "f4"),
)
write(
    "dynamically-quantized",
    False,
    [
        node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
        node("DequantizeLinear", ["q", "scale", "zero"], ["y"]),
    ],
    x("n", 3),
    y("n", 3),
)
write(
    "missing-from-others",
    False,
    [
        node("IsNaN", ["x"], ["missing"]),
        node("Where", ["missing", "zero", "x"], ["present"]),
        node("ReduceMean", ["present"], ["average"], axes=[0], keepdims=1),
        node("Where", ["missing", "average", "x"], ["y"]),
    ],
    x("n", 3),
    y("n", 3),
    zero=np.array(0, "f4"),
)
write(
    "sorted-rows",
    False,
    [
        node("Shape", ["x"], ["shape"], start=0, end=1),
        node("TopK", ["x", "shape"], ["y", "places"], axis=0),
    ],
    x("n", 2),
    y("n", 2),
)
write(
    "reversed-rows",
    False,
    [node("Slice", ["x", "last", "first", "zero", "back"], ["y"])],
    x("n", 2),
    y("n", 2),
    last=axes(-1),
    first=axes(-(2**31)),
    zero=axes(0),
    back=axes(-1),
)
write(
    "neighbors-reshaped",
    False,
    [
        node("Reshape", ["x", "column"], ["flat"]),
        node("Transpose", ["flat"], ["turned"], perm=[1, 0]),
        node("Reshape", ["turned", "rows"], ["y"]),
    ],
    x("n", 2),
    y("n", 2),
    column=axes(2, -1),
    rows=axes(-1, 2),
)

# Models whose rows influence each other beyond a threshold that is seldom reached, or at certain lengths.


def branch(name, nodes, shape):
    return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(name, FLOAT, shape)])


def branches(nodes):
    return {
        "then_branch": branch("then", nodes, ["n", 2]),
        "else_branch": branch("else", [node("Identity", ["x"], ["else"])], ["n", 2]),
    }


maximum_beyond = [
    node("ReduceMax", ["x"], ["largest"], keepdims=0),
    node("Greater", ["largest", "limit"], ["is_beyond"]),
]
limit = np.array(500, "f4")

write(
    "sum-beyond-limit",
    False,
    [
        *maximum_beyond,
        node("If", ["is_beyond"], ["y"], **branches([node("CumSum", ["x", "zero"], ["then"])])),
    ],
    x("n", 2),
    y("n", 2),
    limit=limit,
    zero=np.array(0),
)
# The branch reads a value of all rows that is no input of its node.
write(
    "branch-with-outer-value",
    False,
    [
        node("ReduceMax", ["x"], ["largest"], keepdims=0),
        node("Relu", ["largest"], ["scale"]),
        node("If", ["is_on"], ["y"], **branches([node("Div", ["x", "scale"], ["then"])])),
    ],
    x("n", 2),
    y("n", 2),
    is_on=np.array(False),
)
write(
    "branch-with-sum",
    False,
    [
        node("If", ["is_on"], ["y"], **branches([node("CumSum", ["x", "zero"], ["then"])])),
    ],
    x("n", 2),
    y("n", 2),
    is_on=np.array(True),
    zero=np.array(0),
)
write(
    "steps-of-longest-row",
    False,
    [
        node("ReduceMax", ["steps"], ["most"], keepdims=0),
        node("Sub", ["most", "ten"], ["beyond"]),
        node("Max", ["beyond", "zero"], ["trips"]),
        node("Cast", ["steps"], ["start"], to=FLOAT),
        node(
            "Loop",
            ["trips", "is_on", "start"],
            ["y"],
            body=helper.make_graph(
                [node("Identity", ["goes_on"], ["goes_on_again"]), node("Add", ["state", "one"], ["next"])],
                "body",
                [
                    helper.make_tensor_value_info("trip", INT64, []),
                    helper.make_tensor_value_info("goes_on", BOOL, []),
                    helper.make_tensor_value_info("state", FLOAT, ["n", 1]),
                ],
                [
                    helper.make_tensor_value_info("goes_on_again", BOOL, []),
                    helper.make_tensor_value_info("next", FLOAT, ["n", 1]),
                ],
            ),
        ),
    ],
    [("steps", INT64, ["n", 1])],
    y("n", 1),
    ten=np.array(10),
    zero=np.array(0),
    is_on=np.array(True),
    one=np.array(1, "f4"),
)
raise_beyond = [
    node("Constant", [], ["limit"], value=numpy_helper.from_array(limit)),
    node("Greater", ["largest", "limit"], ["is_beyond"]),
    node("Add", ["x", "largest"], ["raised"]),
    node("Where", ["is_beyond", "raised", "x"], ["y"]),
]
largest = node("ReduceMax", ["x"], ["largest"], keepdims=0)
ai_onnx = [helper.make_opsetid("", 17)]
write(
    "function-of-largest-row",
    False,
    [largest, node("Raise", ["x", "largest"], ["y"], domain="own")],
    x("n", 2),
    y("n", 2),
    functions=[helper.make_function("own", "Raise", ["x", "largest"], ["y"], raise_beyond, ai_onnx)],
)
write(
    "function-with-largest-row",
    False,
    [node("Raise", ["x"], ["y"], domain="own")],
    x("n", 2),
    y("n", 2),
    functions=[helper.make_function("own", "Raise", ["x"], ["y"], [largest, *raise_beyond], ai_onnx)],
)
write(
    "transposed-into-its-shape",
    False,
    [
        node("Shape", ["x"], ["shape"]),
        node("Transpose", ["x"], ["turned"], perm=[1, 0]),
        node("Reshape", ["turned", "shape"], ["y"]),
    ],
    x("n", "t"),
    y("n", "t"),
)
# [1, n] and [t, n]: their sum is t long, not 1.
write(
    "broadcast-before-reshape",
    False,
    [
        node("ReduceSum", ["x", "one"], ["sum"], keepdims=1),
        node("Mul", ["sum", "zero"], ["nothing"]),
        node("Transpose", ["nothing"], ["row"], perm=[1, 0]),
        node("Transpose", ["x"], ["turned"], perm=[1, 0]),
        node("Add", ["row", "turned"], ["each"]),
        node("Reshape", ["each", "flat"], ["line"]),
        node("Transpose", ["line"], ["column"], perm=[1, 0]),
        node("Shape", ["x"], ["count"], start=0, end=1),
        node("Concat", ["count", "rest"], ["target"], axis=0),
        node("Reshape", ["column", "target"], ["y"]),
    ],
    x("n", "t"),
    y("n", "u"),
    one=axes(1),
    zero=np.array(0, "f4"),
    flat=axes(1, -1),
    rest=axes(-1),
)
# The number of rows as a truth value is 1, with which only the first row is taken.
write(
    "rows-cast-to-boolean",
    False,
    [
        node("Shape", ["x"], ["count"], start=0, end=1),
        node("Cast", ["count"], ["is_any"], to=BOOL),
        node("Cast", ["is_any"], ["end"], to=INT64),
        node("Slice", ["x", "zero", "end", "zero"], ["first"]),
        node("Add", ["x", "first"], ["y"]),
    ],
    x("n", 2),
    y("n", 2),
    zero=axes(0),
)

# Models of independent rows.

write(
    "mlp",
    True,
    [
        node("Gemm", ["x", "w1", "b1"], ["h1"]),
        node("Relu", ["h1"], ["a1"]),
        node("Gemm", ["a1", "w2", "b2"], ["h2"]),
        node("Softmax", ["h2"], ["y"], axis=-1),
    ],
    x("n", 8),
    y("n", 3),
    w1=weights(8, 32),
    b1=weights(32),
    w2=weights(32, 3),
    b2=weights(3),
)
write(
    "cnn",
    True,
    [
        node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], ["a1"]),
        node("MaxPool", ["a1"], ["p1"], kernel_shape=[2, 2], strides=[2, 2]),
        node("GlobalAveragePool", ["p1"], ["g"]),
        node("Shape", ["g"], ["shape"], start=0, end=1),
        node("Concat", ["shape", "rest"], ["flat"], axis=0),
        node("Reshape", ["g", "flat"], ["f"]),
        node("Gemm", ["f", "w2"], ["y"]),
    ],
    x("n", 1, 8, 8),
    y("n", 5),
    w1=weights(4, 1, 3, 3),
    b1=weights(4),
    rest=axes(-1),
    w2=weights(4, 5),
)
# Two trees of depth 1, with label and probabilities as scikit-learn's export has them.
write(
    "trees",
    True,
    [
        node(
            "TreeEnsembleClassifier",
            ["x"],
            ["label", "y"],
            domain="ai.onnx.ml",
            nodes_treeids=[0, 0, 0, 1, 1, 1],
            nodes_nodeids=[0, 1, 2, 0, 1, 2],
            nodes_featureids=[0, 0, 0, 1, 0, 0],
            nodes_values=[0.1, 0.0, 0.0, -0.2, 0.0, 0.0],
            nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"],
            nodes_truenodeids=[1, 0, 0, 1, 0, 0],
            nodes_falsenodeids=[2, 0, 0, 2, 0, 0],
            class_treeids=[0, 0, 1, 1],
            class_nodeids=[1, 2, 1, 2],
            class_ids=[0, 1, 0, 1],
            class_weights=[0.4, 0.5, 0.3, 0.2],
            classlabels_int64s=[0, 1],
            post_transform="NONE",
        )
    ],
    x("n", 2),
    [("label", INT64, ["n"]), ("y", FLOAT, ["n", 2])],
)
write(
    "batch-first-lstm",
    True,
    [
        node("Transpose", ["x"], ["time_first"], perm=[1, 0, 2]),
        node("LSTM", ["time_first", "w", "r"], ["states", "last"], hidden_size=4),
        node("Squeeze", ["last", "zero"], ["hidden"]),
        node("Gemm", ["hidden", "head"], ["y"]),
    ],
    x("n", "t", 3),
    y("n", 2),
    w=weights(1, 16, 3),
    r=weights(1, 16, 4),
    zero=axes(0),
    head=weights(4, 2),
)
write(
    "batched-attention",
    True,
    [
        node("MatMul", ["x", "wq"], ["q"]),
        node("MatMul", ["x", "wk"], ["k"]),
        node("MatMul", ["x", "wv"], ["v"]),
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["scores"]),
        node("Softmax", ["scores"], ["shares"], axis=-1),
        node("MatMul", ["shares", "v"], ["mixed"]),
        node("Add", ["mixed", "x"], ["residual"]),
        node("LayerNormalization", ["residual", "scale"], ["y"], axis=-1),
    ],
    x("n", "t", 6),
    y("n", "t", 6),
    wq=weights(6, 6),
    wk=weights(6, 6),
    wv=weights(6, 6),
    scale=np.ones(6, "f4"),
)
write(
    "embedding",
    True,
    [
        node("Gather", ["table", "ids"], ["vectors"]),
        node("ReduceMean", ["vectors"], ["average"], axes=[1], keepdims=0),
        node("Gemm", ["average", "w"], ["y"]),
    ],
    [("ids", INT64, ["n", "t"])],
    y("n", 2),
    table=weights(50, 4),
    w=weights(4, 2),
)
write(
    "label-alone",
    True,
    [node("Gemm", ["x", "w", "b"], ["scores"]), node("ArgMax", ["scores"], ["y"], axis=1, keepdims=0)],
    x("n", 4),
    y("n", kind=INT64),
    w=weights(4, 3),
    # One label is the result of every drawn input, so a trial alone shows nothing.
    b=np.array([1e6, 0, 0], "f4"),
)

(HERE / "models.json").write_text(json.dumps(models, indent=2) + "\n")
