"""Makes the models of the throughput benchmark, with random weights: what they say doesn't matter, how fast they say it does."""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

RANDOM = np.random.default_rng(0)


def weights(*shape: int) -> np.ndarray:
    return (RANDOM.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)


def write(path: Path, nodes: list, shape: list[int], classes: int, constants: dict[str, np.ndarray]) -> None:
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", classes])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    checker.check_model(model)
    save(model, path)


def mlp(path: Path, widths: list[int]) -> None:
    nodes, constants, value = [], {}, "x"
    for layer, (before, after) in enumerate(zip(widths, widths[1:], strict=False)):
        constants[f"w{layer}"] = weights(before, after)
        constants[f"b{layer}"] = np.zeros(after, np.float32)
        last = layer == len(widths) - 2
        output = "y" if last else f"h{layer}"
        nodes.append(helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], [output]))
        if not last:
            nodes.append(helper.make_node("Relu", [output], [f"r{layer}"]))
            value = f"r{layer}"
    write(path, nodes, [widths[0]], widths[-1], constants)


def cnn(path: Path, pixels: int = 32) -> None:
    constants = {"k0": weights(16, 3, 3, 3), "k1": weights(32, 16, 3, 3), "w": weights(32, 10), "b": np.zeros(10, np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "k0"], ["c0"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c0"], ["r0"]),
        helper.make_node("Conv", ["r0", "k1"], ["c1"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("GlobalAveragePool", ["r1"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "b"], ["y"]),
    ]
    write(path, nodes, [3, pixels, pixels], 10, constants)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    mlp(folder / "tiny.onnx", [16, 16, 4])
    mlp(folder / "tabular.onnx", [30, 64, 2])
    mlp(folder / "medium.onnx", [256, 1024, 1024, 10])
    mlp(folder / "large.onnx", [256, 3072, 6144, 512, 10])
    cnn(folder / "cnn.onnx")
    cnn(folder / "image.onnx", 224)
