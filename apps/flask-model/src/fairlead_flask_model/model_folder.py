"""Models in the folder that the training wrote."""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import sklearn

from fairlead_flask_model.model import Model, ModelError
from fairlead_flask_model.signature import read_signature

ARTIFACT = "model.joblib"
VERSION_DIGITS = 12


def load_models(folder: Path) -> Mapping[str, Model]:
    """Loads every model in the folder and checks its golden examples.

    Raises:
        ModelError: There is none, or one of them does not match its metadata.
    """
    models = {}
    for metadata_path in sorted(folder.glob("*/metadata.json")):
        model = _load_model(metadata_path)
        model.check_golden_examples()
        models[model.name] = model
    if not models:
        raise ModelError(
            f"{folder} has no model; train some with `python -m fairlead_flask_model.train --out {folder}`"
        )
    return models


def _load_model(metadata_path: Path) -> Model:
    metadata: dict[str, Any] = json.loads(metadata_path.read_bytes())
    path = metadata_path.with_name(ARTIFACT)
    expected = metadata["files"][ARTIFACT]["sha256"]
    # Unpickling runs the code that the bytes name: the same bytes are checked first, in memory, so that the file
    # cannot be changed between check and load.
    artifact = path.read_bytes()
    found = hashlib.sha256(artifact).hexdigest()
    if found != expected:
        raise ModelError(f"{path} has the SHA-256 {found}, but its metadata has {expected}")
    trained_with = metadata["lineage"]["frameworks"]["scikit-learn"]
    if trained_with != sklearn.__version__:
        raise ModelError(
            f"{path} was trained with scikit-learn {trained_with}, which {sklearn.__version__} here "
            "may read wrongly; train it again or install the version it was trained with"
        )
    return Model(
        name=metadata["model"],
        version=expected[:VERSION_DIGITS],
        signature=read_signature(metadata["signature"]),
        golden_examples=metadata["goldenExamples"],
        classifier=joblib.load(io.BytesIO(artifact)),
    )
