"""Makes ONNX models that ONNX Runtime can't load, each for another reason; run it to make them again."""

from pathlib import Path

from onnx import TensorProto, helper

HERE = Path(__file__).parent
FLOAT, STRING = TensorProto.FLOAT, TensorProto.STRING


def write(name, nodes, kind=FLOAT, opsets=(("", 17),), ir_version=9):
    values = [helper.make_tensor_value_info(each, kind, ["n"]) for each in ("x", "y")]
    graph = helper.make_graph(nodes, name, values[:1], values[1:])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(*each) for each in opsets]
    )
    model.ir_version = ir_version
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


NEG = helper.make_node("Neg", ["x"], ["y"])
# No host has this one.
write(
    "locale",
    [
        helper.make_node(
            "StringNormalizer",
            ["x"],
            ["y"],
            case_change_action="LOWER",
            locale="xx_XX.UTF-8",
        )
    ],
    STRING,
)
write("operator-set", [NEG], opsets=[("", 99)])
write("ir-version", [NEG], ir_version=99)
write("unknown-operator", [helper.make_node("Foo", ["x"], ["y"])])
write(
    "custom-operator",
    [helper.make_node("Bar", ["x"], ["y"], domain="com.example")],
    opsets=[("", 17), ("com.example", 1)],
)
write(
    "implementation",
    [
        helper.make_node("Cast", ["x"], ["b"], to=TensorProto.BFLOAT16),
        helper.make_node("Sin", ["b"], ["c"]),
        helper.make_node("Cast", ["c"], ["y"], to=FLOAT),
    ],
    opsets=[("", 22)],
    ir_version=10,
)
write("missing-value", [helper.make_node("Add", ["x", "nowhere"], ["y"])])
