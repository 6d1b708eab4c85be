"""Makes an MLP of about 80 MB with random weights, for models whose memory is looked at; run it with the `onnx` package."""

import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

WIDTHS = [256, 3072, 6144, 256, 10]
random = np.random.default_rng(int(sys.argv[2]))
nodes, constants, value = [], [], "x"
for layer, (before, after) in enumerate(zip(WIDTHS, WIDTHS[1:], strict=False)):
    weights = (random.standard_normal((before, after)) / np.sqrt(before)).astype(np.float32)
    constants += [numpy_helper.from_array(weights, f"w{layer}"), numpy_helper.from_array(np.zeros(after, np.float32), f"b{layer}")]
    output = "y" if layer == len(WIDTHS) - 2 else f"h{layer}"
    nodes.append(helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], [output]))
    if output != "y":
        nodes.append(helper.make_node("Relu", [output], [f"r{layer}"]))
        value = f"r{layer}"
graph = helper.make_graph(
    nodes,
    "mlp",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTHS[0]])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", WIDTHS[-1]])],
    constants,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 9
checker.check_model(model)
save(model, sys.argv[1])
