"""A classifier that can be broken from outside, for what happens then."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import joblib
from numpy.typing import NDArray


class Breakable:
    """Answers as the original does, unless the file `switch` exists."""

    def __init__(self, original: Any, switch: Path) -> None:
        self.original = original
        self.switch = switch
        self.classes_ = original.classes_

    def predict_proba(self, X: NDArray[Any]) -> NDArray[Any]:
        if self.switch.exists():
            raise RuntimeError(f"secret detail: {self.switch} exists")
        probabilities: NDArray[Any] = self.original.predict_proba(X)
        return probabilities


def write_breakable_model(trained: Path, folder: Path, switch: Path) -> None:
    """A folder with a copy of the trained model that `switch` breaks."""
    shutil.copytree(trained, folder / trained.name)
    artifact = folder / trained.name / "model.joblib"
    joblib.dump(Breakable(joblib.load(artifact), switch), artifact)
    edit_metadata(folder / trained.name, "files", "model.joblib", "sha256", value=sha256(artifact))


def edit_metadata(folder: Path, *path: str | int, value: Any) -> None:
    """Sets one value in a model's metadata."""
    metadata = json.loads((folder / "metadata.json").read_bytes())
    inner = metadata
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    (folder / "metadata.json").write_text(json.dumps(metadata))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
