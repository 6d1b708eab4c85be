"""The packages of a release: enough to serve, and those of the training."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def read_lock(name: str) -> dict[tuple[str, str], str]:
    found = PINNED.findall((ROOT / name).read_text())
    return {(package, marker): version for package, version, marker in found}


def test_the_server_has_the_versions_of_the_training_and_not_its_packages() -> None:
    serving, training = read_lock("requirements-serving.lock"), read_lock("requirements.lock")
    assert serving.items() <= training.items()
    names = {name for name, _ in serving}
    assert {"flask", "gunicorn", "scikit-learn"} <= names
    assert names.isdisjoint({"onnx", "onnxruntime", "skl2onnx", "protobuf", "ml-dtypes"})
