"""Makes 86 small models of several kinds, with random weights, and a list of them with the shape of one row."""

import json
import sys
from pathlib import Path

from make_models import cnn, mlp, weights, write
from onnx import helper

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
models = []


def add(name: str, shape: list[int], classes: int) -> Path:
    models.append({"name": name, "shape": shape, "classes": classes})
    return folder / f"{name}.onnx"


def deep(path: Path, width: int, layers: int) -> None:
    """Many small nodes, as exports of recurrent and transformer models have."""
    nodes, constants, value = [], {}, "x"
    for layer in range(layers):
        constants[f"w{layer}"] = weights(width, width)
        nodes.append(helper.make_node("MatMul", [value, f"w{layer}"], [f"m{layer}"]))
        nodes.append(helper.make_node("Tanh", [f"m{layer}"], [f"t{layer}"]))
        nodes.append(helper.make_node("Add", [f"t{layer}", value], [f"a{layer}"]))
        value = f"a{layer}"
    nodes.append(helper.make_node("Identity", [value], ["y"]))
    write(path, nodes, [width], width, constants)


for index in range(40):
    inputs, hidden = 4 + index, 16 + 4 * index
    mlp(add(f"table-{index}", [inputs], 3), [inputs, hidden, 3])
for index in range(20):
    width = 256 + 32 * index
    mlp(add(f"wide-{index}", [64], 10), [64, width, width, 10])
for index in range(16):
    deep(add(f"deep-{index}", [32 + 4 * index], 32 + 4 * index), 32 + 4 * index, 40)
for index in range(10):
    cnn(add(f"image-{index}", [3, 32, 32], 10))
(folder / "models.json").write_text(json.dumps(models))
print(f"{len(models)} models, {sum(file.stat().st_size for file in folder.glob('*.onnx')) / 2**20:.0f} MiB")
