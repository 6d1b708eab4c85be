"""Writes ONNX's backend tests as folders: python -m fairlead_models.backend_cases FOLDER [stored]

Each has model.onnx, case.json (tolerances, or why it can't be sent), and inputs and outputs of each data set. The cases of
the kind `node` are made by the package when they are needed, which takes half a minute; `stored` leaves them out.
"""

import json
import sys
from pathlib import Path
from typing import Any

import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

from .tensors import write_tensors

RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
"""Operators that draw random numbers, as Dropout does while it trains."""

ANYTHING = 1e300
"""Tolerance for random numbers: only their shapes and datatypes can be compared."""

STORED = ("simple", "pytorch-converted", "pytorch-operator")


def main() -> None:
    target = Path(sys.argv[1])
    kinds = STORED if "stored" in sys.argv[2:] else ("node", *STORED)
    for kind in kinds:
        for case in load_model_tests(kind=kind):
            _write(target / f"{kind}-{case.name}", case)


def _write(folder: Path, case: Any) -> None:
    folder.mkdir(parents=True)
    model = case.model
    if model is None:
        model = onnx.load(str(Path(case.model_dir) / "model.onnx"))
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    weights = {each.name for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in weights]
    if len(model.graph.input) > len(inputs) and case.model is None:
        # The older stored cases send their weights too.
        inputs = list(model.graph.input)
    problem: str | None = None
    sets = 0
    for given, expected in _data_sets(case, model, inputs):
        at = folder / f"set{sets}"
        at.mkdir()
        pairs = [(i.name, a) for i, a in zip(inputs, given, strict=False) if a is not None]
        answers = [(o.name, a) for o, a in zip(model.graph.output, expected, strict=False)]
        problem = problem or write_tensors(at, "inputs", pairs)
        problem = problem or write_tensors(at, "outputs", answers)
        sets += 1
    atol = ANYTHING if any(map(_is_random, model.graph.node)) else case.atol
    head = {"rtol": case.rtol, "atol": atol, "sets": sets, "problem": problem}
    (folder / "case.json").write_text(json.dumps(head))


def _is_random(node: Any) -> bool:
    return node.op_type in RANDOM or (node.op_type == "Dropout" and len(node.input) > 2)


def _data_sets(case: Any, model: Any, inputs: list[Any]) -> Any:
    if case.data_sets is not None:
        for given, expected in case.data_sets:
            types = [each.type for each in inputs]
            yield (
                [_array(a, t) for a, t in zip(given, types, strict=False)],
                [_array(a, o.type) for a, o in zip(expected, model.graph.output, strict=False)],
            )
        return
    for at in sorted(Path(case.model_dir).glob("test_data_set_*")):
        sides = []
        for side, values in (("input", inputs), ("output", list(model.graph.output))):
            files = [at / f"{side}_{index}.pb" for index in range(len(values))]
            sides.append(
                [_read(f, v.type) if f.exists() else None for f, v in zip(files, values, strict=True)]
            )
        yield tuple(sides)


def _read(file: Path, kind: Any) -> Any:
    if kind.WhichOneof("value") != "tensor_type":
        return kind.WhichOneof("value")
    return numpy_helper.to_array(onnx.TensorProto.FromString(file.read_bytes()))


def _array(value: Any, kind: Any) -> Any:
    if kind.WhichOneof("value") != "tensor_type":
        return kind.WhichOneof("value")
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


if __name__ == "__main__":
    main()
