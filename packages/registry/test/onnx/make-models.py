"""Writes ONNX models of many kinds into the folder that it is given."""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = Path(sys.argv[1])


def value(name, kind=TensorProto.FLOAT, shape=("batch", 4)):
    return helper.make_tensor_value_info(name, kind, shape)


def save(name, inputs, outputs, initializers=(), ir_version=10, **fields):
    nodes = [helper.make_node("Identity", [inputs[0].name], [outputs[0].name])]
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)], **fields
    )
    model.ir_version = ir_version
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString())


weights = numpy_helper.from_array(np.zeros((4, 4), np.float32), "weights")
big = numpy_helper.from_array(np.zeros((1000, 3000), np.float32), "weights")

save("plain", [value("x"), value("flag", TensorProto.BOOL, ())], [value("y", TensorProto.INT64, (None, 2, 3))],
     producer_name="exporter", producer_version="1.2")
save("old", [value("x"), value("weights", shape=(4, 4))], [value("y")], [weights], ir_version=3)
save("big", [value("x")], [value("y")], [big])
save("text", [value("x", TensorProto.STRING, ("n",))], [value("y", TensorProto.DOUBLE)])
save("bfloat", [value("x", TensorProto.BFLOAT16)], [value("y")])
save("shapeless", [value("x", shape=None)], [value("y")])
sequence = helper.make_sequence_type_proto(
    helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
)
save("zipmap", [value("x")], [value("y"), helper.make_value_info("probabilities", sequence)])


def external(name, location):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    tensor.external_data.add(key="offset", value="0")
    return tensor


branch = helper.make_graph(
    [helper.make_node("Constant", [], ["c"], value=external("c", "constant.data"))],
    "branch", [], [value("c", shape=(4,))],
)
nodes = [
    helper.make_node("Constant", [], ["k"], value=external("k", "inner/constant.data")),
    helper.make_node("Add", ["x", "a"], ["y"]),
]
graph = helper.make_graph(
    nodes, "external", [value("x"), value("flag", TensorProto.BOOL, ())], [value("y")],
    [external("a", "weights.data"), external("b", "weights.data"), weights],
)
opsets = [helper.make_opsetid("", 17)]
(folder / "external.onnx").write_bytes(helper.make_model(graph, opset_imports=opsets).SerializeToString())
graph.node.append(helper.make_node("If", ["flag"], ["z"], then_branch=branch, else_branch=branch))
(folder / "branch.onnx").write_bytes(helper.make_model(graph, opset_imports=opsets).SerializeToString())
