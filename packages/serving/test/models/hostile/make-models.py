"""Makes ONNX models that name a file, in every place and encoding that ONNX Runtime reads; run it to make them again.

All take `x`, of any number of rows of 2, and return `y`. The file is `package.json`, which is in the working folder of the
tests: without a check ONNX Runtime opens it there.
"""

from pathlib import Path

import numpy as np
from onnx import AttributeProto, FunctionProto, ModelProto, SparseTensorProto, TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
FILE = "package.json"
ONNX, ML, MICROSOFT, OWN = (
    helper.make_opsetid(*each) for each in [("", 17), ("ai.onnx.ml", 4), ("com.microsoft", 1), ("own", 1)]
)
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
ADD = helper.make_node("Add", ["x", "w"], ["y"])


def external(name, location=FILE, dims=(2,), kind=FLOAT, **more):
    tensor = TensorProto(name=name, data_type=kind, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def tensor(name, array):
    return numpy_helper.from_array(np.array(array), name)


def sparse(values, indices):
    return SparseTensorProto(values=values, indices=indices, dims=[2])


def constant(name, value):
    return helper.make_node("Constant", [], [name], value=value)


def write(name, nodes, initializers=(), sparse_initializers=(), functions=(), opsets=(ONNX,), edit=None):
    value = [helper.make_tensor_value_info(each, FLOAT, ["n", 2]) for each in ("x", "y")]
    graph = helper.make_graph(nodes, name, value[:1], value[1:], list(initializers))
    graph.sparse_initializer.extend(sparse_initializers)
    model = helper.make_model(graph, opset_imports=list(opsets), functions=list(functions))
    model.ir_version = 9
    data = model.SerializeToString()
    (HERE / f"{name}.onnx").write_bytes(edit(data) if edit else data)


def branch(nodes, initializers=()):
    output = helper.make_tensor_value_info("b", FLOAT, [2])
    body = helper.make_graph(nodes, "branch", [], [output], list(initializers))
    return [
        helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["yes"], to=TensorProto.BOOL),
        helper.make_node("If", ["yes"], ["w"], then_branch=body, else_branch=body),
        ADD,
    ]


def function(nodes, **more):
    made = FunctionProto(name="F", domain="own", input=["x"], output=["y"], node=nodes, opset_import=[ONNX], **more)
    return {"nodes": [helper.make_node("F", ["x"], ["y"], domain="own")], "functions": [made], "opsets": [ONNX, OWN]}


write("initializer", [ADD], [external("w")])
write("constant", [constant("w", external("v")), ADD])
write("folder", [ADD], [external("w", "weights/w.bin")])
write("dotted", [ADD], [external("w", "./weights/w.bin")])
write("absolute", [ADD], [external("w", "/etc/hostname")])
write("outside", [ADD], [external("w", "../serving/package.json")])
write("memory", [ADD], [external("w", "*/_ORT_MEM_ADDR_/*", offset="4096", length="8")])
write("branch-initializer", branch([helper.make_node("Identity", ["i"], ["b"])], [external("i")]))
write("branch-constant", branch([constant("b", external("v"))]))
write(
    "attribute",
    [helper.make_node("ConstantOfShape", ["s"], ["w"], value=external("v", dims=(1,))), ADD],
    [tensor("s", [2])],
)
tables = {name: external(name) for name in ("keys_tensor", "values_tensor")}
write(
    "attributes",
    [
        helper.make_node(
            "LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", **tables, default_tensor=external("d", dims=(1,))
        )
    ],
    opsets=[ONNX, ML],
)
write("sparse-values", [ADD], sparse_initializers=[sparse(external("w"), tensor("i", [0, 1]))])
write(
    "sparse-indices",
    [ADD],
    sparse_initializers=[sparse(tensor("w", np.array([5, 6], "f4")), external("i", kind=INT64))],
)
write(
    "sparse-constant",
    [helper.make_node("Constant", [], ["w"], sparse_value=sparse(external("w"), tensor("i", [0, 1]))), ADD],
)
write("function", **function([constant("w", external("v")), ADD]))
reference = constant("w", tensor("v", np.array([5, 6], "f4")))
del reference.attribute[:]
reference.attribute.append(AttributeProto(name="value", ref_attr_name="given", type=AttributeProto.TENSOR))
write("function-default", **function([reference, ADD], attribute_proto=[helper.make_attribute("given", external("v"))]))
write(
    "compiled",
    [helper.make_node("EPContext", ["x"], ["y"], domain="com.microsoft", embed_mode=0, ep_cache_context=FILE)],
    opsets=[ONNX, MICROSOFT],
)


def recoded(location):
    """Puts `location` at the end of the initializer's fields, and corrects the lengths around it."""

    def edit(data):
        model = ModelProto.FromString(data)
        inner = model.graph.initializer[0]
        inner.ClearField("data_location")
        body = inner.SerializeToString() + location
        del model.graph.initializer[:]
        graph = model.graph.SerializeToString() + field(5, body)
        model.ClearField("graph")
        return model.SerializeToString() + field(7, graph)

    return edit


def varint(value):
    out = b""
    while True:
        value, byte = value >> 7, value & 127
        out += bytes([byte | (128 if value else 0)])
        if not value:
            return out


def field(tag, body):
    return varint(tag << 3 | 2) + varint(len(body)) + body


# The same tensor, encoded in ways that readers of protobuf could understand differently.
KEY = varint(14 << 3)
write("beyond-32-bits", [ADD], [external("w")], edit=recoded(KEY + varint(2**32 + 1)))
write("padded", [ADD], [external("w")], edit=recoded(KEY + bytes([0x81, 0x80, 0x00])))
write("padded-key", [ADD], [external("w")], edit=recoded(bytes([0xF0, 0x80, 0x00, 1])))
write("twice", [ADD], [external("w")], edit=recoded(KEY + varint(0) + KEY + varint(1)))


def merged(data):
    """A second graph, which protobuf merges with the first."""
    return data + field(7, field(5, external("w").SerializeToString()))


write("merged", [ADD], edit=merged)
