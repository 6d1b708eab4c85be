"""Writes models with Einsum, for the tests of the crash check: python make-einsums.py (needs onnx)."""

from pathlib import Path

import onnx
from onnx import TensorProto as T
from onnx import helper as h

FOLDER = Path(__file__).parent / "einsum"
OPSETS = [h.make_opsetid("", 17), h.make_opsetid("own", 1)]
ANY = None
MATRIX = ("n", "k")
HEADS = ("n", 4, 8)


def integers(name, *numbers):
    return h.make_tensor(name, T.INT64, [len(numbers)], numbers)


def branch(name, node):
    return h.make_graph([node], name, [], [h.make_tensor_value_info(name, T.FLOAT, ANY)])


def reducing():
    """A function with an attribute that has a default: no dimension is left."""
    total = h.make_node("ReduceSum", ["x"], ["total"])
    total.attribute.add(name="keepdims", type=onnx.AttributeProto.INT, ref_attr_name="keep")
    default = [h.make_attribute("keep", 0)]
    return h.make_function(
        "own", "Total", ["x"], ["total"], [total], OPSETS[:1], attribute_protos=default
    )


def write(name, equation, shapes, before=(), operands=None, constants=(), output=ANY, functions=()):
    """The operands are the model's inputs a and b, unless nodes before the Einsum give others."""
    names = list("ab")[: len(shapes)]
    inputs = [h.make_tensor_value_info(*each) for each in zip(names, [T.FLOAT] * 2, shapes)]
    outputs = [h.make_tensor_value_info("y", T.FLOAT, output)]
    node = h.make_node("Einsum", operands or names, ["y"], equation=equation)
    graph = h.make_graph([*before, node], name, inputs, outputs, list(constants))
    # No check: its checker takes no input without a rank; ONNX Runtime does.
    model = h.make_model(graph, opset_imports=OPSETS, ir_version=9, functions=list(functions))
    onnx.save(model, FOLDER / f"{name}.onnx")


def main():
    FOLDER.mkdir(exist_ok=True)
    node = h.make_node
    # These can end the process.
    write("unknown-rank", "bij,bkj->bik", [ANY, ANY])
    write("second", "bi,bij->bij", [MATRIX, ANY])
    write("before-ellipsis", "bij...->bij", [ANY])
    write("implicit", "b i j, b k", [ANY, MATRIX])
    write("upper-case", "BIJ->B", [ANY])
    write("squeezed", "ij->i", [MATRIX], [node("Squeeze", ["a"], ["s"])], ["s"])
    write("reduced", "i->i", [ANY], [node("ReduceSum", ["a"], ["s"], keepdims=0)], ["s"])
    reshape = [node("Shape", ["b"], ["s"]), node("Reshape", ["a", "s"], ["r"])]
    write("reshaped", "ij->i", [MATRIX, ANY], reshape, ["r"])
    sign = [
        node("ReduceSum", ["a"], ["sum"], keepdims=0),
        node("Sub", ["sum", "sum"], ["zero"]),
        node("Greater", ["sum", "zero"], ["is-positive"]),
    ]
    branches = {
        "then_branch": branch("then", node("Squeeze", ["a"], ["then"])),
        "else_branch": branch("else", node("Identity", ["a"], ["else"])),
    }
    sign.append(node("If", ["is-positive"], ["i"], **branches))
    write("branches", "ij->i", [MATRIX], sign, ["i"], output=("n",))
    total = [node("Total", ["a"], ["t"], domain="own")]
    write("default", "ij->i", [MATRIX], total, ["t"], functions=[reducing()])

    # These can't.
    write("known", "bi,bk->ik", [MATRIX, MATRIX])
    write("known-spaces", " B I, B K -> I K ", [MATRIX, MATRIX])
    write("behind-ellipsis", "...bi->...b", [ANY])
    write("diagonal", "ii->i", [("n", "n")])
    write("scalars", ",->", [(), ()])
    heads = [
        node("Reshape", ["a", "shape"], ["q"]),
        node("Unsqueeze", ["b", "axes"], ["u"]),
        node("Transpose", ["u"], ["k"], perm=[0, 1, 2, 3]),
    ]
    constants = [integers("shape", 0, 1, 4, 8), integers("axes", 1)]
    write("heads", "bhid,bhjd->bhij", [HEADS, HEADS], heads, ["q", "k"], constants)
    chain = [
        node("Einsum", ["a", "b"], ["e"], equation="bi,ki->bk"),
        node("MatMul", ["e", "e"], ["m"]),
        node("Softmax", ["m"], ["s"]),
    ]
    write("chained", "bk->b", [MATRIX, MATRIX], chain, ["s"])


if __name__ == "__main__":
    main()
