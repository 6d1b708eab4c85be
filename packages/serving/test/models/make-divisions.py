"""Writes models that divide integers, for the tests of the crash check: python make-divisions.py (needs onnx)."""

from pathlib import Path

import onnx
from onnx import TensorProto as T
from onnx import helper as h

FOLDER = Path(__file__).parent / "division"
OPSETS = [h.make_opsetid("", 17), h.make_opsetid("own", 1)]


def value(name, kind, shape=(None,)):
    return h.make_tensor_value_info(name, kind, shape)


def constant(name, numbers, kind=T.INT64):
    return h.make_tensor(name, kind, [len(numbers)], numbers)


def write(name, nodes, inputs, outputs, constants=(), functions=()):
    graph = h.make_graph(nodes, name, inputs, outputs, list(constants))
    model = h.make_model(graph, opset_imports=OPSETS, ir_version=8, functions=list(functions))
    # The checker doesn't take ONNX's own domain by its name; ONNX Runtime does.
    if all(node.domain != "ai.onnx" for node in nodes):
        onnx.checker.check_model(model, full_check=True)
    onnx.save(model, FOLDER / f"{name}.onnx")


def pair(name, operator, kind, **attributes):
    node = h.make_node(operator, ["a", "b"], ["y"], **attributes)
    write(name, [node], [value("a", kind), value("b", kind)], [value("y", kind)])


def by_constant(name, numbers):
    node = h.make_node("Div", ["a", "b"], ["y"])
    write(name, [node], [value("a", T.INT64)], [value("y", T.INT64)], [constant("b", numbers)])


def main():
    FOLDER.mkdir(exist_ok=True)
    for kind in ("INT8", "INT16", "INT32", "INT64", "UINT32", "FLOAT"):
        pair(f"div-{kind.lower()}", "Div", getattr(T, kind))
    for kind in ("INT8", "INT16", "INT32", "INT64"):
        pair(f"mod-{kind.lower()}", "Mod", getattr(T, kind))
    pair("mod-fmod-int32", "Mod", T.INT32, fmod=1)
    pair("div-ai-onnx", "Div", T.INT32, domain="ai.onnx")
    by_constant("by-two", [2])
    by_constant("by-minus-two", [-2])
    by_constant("by-minus-one", [3, -1])

    a, b = value("a", T.INT64), value("b", T.INT64)
    y = value("y", T.INT64)
    divide = h.make_node("Div", ["a", "b"], ["y"])
    # A default that a request can replace.
    write("by-default", [divide], [a, b], [y], [constant("b", [2])])
    node = h.make_node("Constant", [], ["b"], value_ints=[7])
    write("by-constant-node", [node, divide], [a], [y])

    casts = [h.make_node("Cast", [name], [f"{name}64"], to=T.INT64) for name in ("a", "b")]
    write(
        "cast-to-int64",
        [*casts, h.make_node("Div", ["a64", "b64"], ["y"])],
        [value("a", T.FLOAT), value("b", T.FLOAT)],
        [y],
    )
    casts = [h.make_node("Cast", [name], [f"{name}f"], to=T.FLOAT) for name in ("a", "b")]
    write(
        "cast-to-float",
        [*casts, h.make_node("Div", ["af", "bf"], ["y"])],
        [a, b],
        [value("y", T.FLOAT)],
    )

    shapes = [
        h.make_node("Shape", ["x"], ["shape"]),
        h.make_node("Gather", ["shape", "one"], ["width"]),
        h.make_node("Div", ["width", "heads"], ["head"]),
        h.make_node("Mod", ["width", "head"], ["rest"]),
        h.make_node("Concat", ["head", "rest"], ["y"], axis=0),
    ]
    write(
        "shape-arithmetic",
        shapes,
        [value("x", T.FLOAT, (None, None))],
        [y],
        [constant("one", [1]), constant("heads", [8])],
    )
    # The row and column of the largest element.
    position = [
        h.make_node("Shape", ["x"], ["shape"]),
        h.make_node("Gather", ["shape", "one"], ["width"]),
        h.make_node("Reshape", ["x", "flat"], ["elements"]),
        h.make_node("ArgMax", ["elements"], ["at"], axis=0),
        h.make_node("Div", ["at", "width"], ["row"]),
        h.make_node("Mod", ["at", "width"], ["column"]),
        h.make_node("Concat", ["row", "column"], ["y"], axis=0),
    ]
    write(
        "position-of-maximum",
        position,
        [value("x", T.FLOAT, (None, None))],
        [y],
        [constant("one", [1]), constant("flat", [-1])],
    )
    write(
        "divided-by-length",
        [h.make_node("Shape", ["a"], ["length"]), h.make_node("Div", ["a", "length"], ["y"])],
        [a],
        [y],
    )
    norm = [
        h.make_node("ReduceMean", ["x"], ["mean"], axes=[-1]),
        h.make_node("Sub", ["x", "mean"], ["centered"]),
        h.make_node("Mul", ["centered", "centered"], ["square"]),
        h.make_node("ReduceMean", ["square"], ["variance"], axes=[-1]),
        h.make_node("Add", ["variance", "epsilon"], ["above"]),
        h.make_node("Sqrt", ["above"], ["deviation"]),
        h.make_node("Div", ["centered", "deviation"], ["y"]),
    ]
    x = value("x", T.FLOAT, (None, 4))
    epsilon = constant("epsilon", [1e-5], T.FLOAT)
    write("layer-norm", norm, [x], [value("y", T.FLOAT, (None, 4))], [epsilon])

    function = h.make_function("own", "Ratio", ["p", "q"], ["r"], [h.make_node("Div", ["p", "q"], ["r"])], OPSETS[:1])
    call = h.make_node("Ratio", ["a", "b"], ["y"], domain="own")
    for kind in ("INT32", "FLOAT"):
        given = [value(name, getattr(T, kind)) for name in ("a", "b")]
        write(f"function-{kind.lower()}", [call], given, [value("y", getattr(T, kind))], functions=[function])

    branch = h.make_graph([h.make_node("Div", ["a", "b"], ["z"])], "then", [], [value("z", T.INT64)])
    other = h.make_graph([h.make_node("Identity", ["a"], ["z"])], "else", [], [value("z", T.INT64)])
    choose = h.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=other)
    write("branch", [choose], [a, b, value("c", T.BOOL, ())], [y])

    stft = onnx.load(FOLDER.parent / "spectrum.onnx")
    for node in stft.graph.node:
        node.domain = "ai.onnx"
    onnx.save(stft, FOLDER / "stft-ai-onnx.onnx")


main()
