import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from breakable import edit_metadata, sha256, write_breakable_model
from fairlead_flask_model.model import ModelError
from fairlead_flask_model.model_folder import load_models
from fairlead_flask_model.tensor import Tensor
from read_json import read_json


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(model_folder / "digits", tmp_path / "digits")
    return tmp_path


def test_loads_every_model_and_names_its_version_by_the_artifact(model_folder: Path) -> None:
    models = load_models(model_folder)
    assert set(models) == {"digits", "breast-cancer"}
    for name, model in models.items():
        assert model.version == sha256(model_folder / name / "model.joblib")[:12]


def test_refuses_a_folder_without_models(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no model; train some with"):
        load_models(tmp_path)


def test_unpickles_no_file_with_another_hash(folder: Path, tmp_path: Path) -> None:
    # This pickle creates a file when it is loaded.
    marker = tmp_path / "was-run"
    code = f"cposix\nsystem\n(S'touch {marker}'\ntR.".encode()
    (folder / "digits" / "model.joblib").write_bytes(code)
    with pytest.raises(ModelError, match=r"has the SHA-256 \w{64}, but its metadata has \w{64}"):
        load_models(folder)
    assert not marker.exists()

    # And the test is no comfort if the pickle is harmless: vouched for, it runs.
    edit_metadata(folder / "digits", "files", "model.joblib", "sha256", value=sha256(folder / "digits/model.joblib"))
    with pytest.raises(AttributeError):
        load_models(folder)
    assert marker.exists()


def test_refuses_a_model_of_another_scikit_learn_version(folder: Path) -> None:
    edit_metadata(folder / "digits", "lineage", "frameworks", "scikit-learn", value="0.1.2")
    with pytest.raises(ModelError, match=re.escape("trained with scikit-learn 0.1.2")):
        load_models(folder)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("outputs", 0, "data"), [9]),
        (("outputs", 1, "data", 3), 0.001),
        (("outputs", 1, "name"), "scores"),
        (("inputs", 0, "data"), [16.0] * 64),
    ],
)
def test_refuses_a_model_with_other_outputs(folder: Path, path: tuple[Any, ...], value: Any) -> None:
    edit_metadata(folder / "digits", "goldenExamples", 0, *path, value=value)
    with pytest.raises(ModelError, match='model "digits": golden example 0: output'):
        load_models(folder)


def test_a_broken_model_is_found_before_it_serves(model_folder: Path, tmp_path: Path) -> None:
    switch = tmp_path / "switch"
    write_breakable_model(model_folder / "digits", tmp_path / "models", switch)
    assert set(load_models(tmp_path / "models")) == {"digits"}
    switch.touch()
    with pytest.raises(RuntimeError):
        load_models(tmp_path / "models")


def test_predicts_no_rows_as_no_rows(model_folder: Path) -> None:
    model = load_models(model_folder)["digits"]
    label, probabilities = model.predict(
        [Tensor(name="image", datatype="FP32", array=np.zeros((0, 64), dtype=np.float32))]
    )
    assert (label.array.dtype.name, label.array.shape) == ("int64", (0,))
    assert (probabilities.array.dtype.name, probabilities.array.shape) == ("float32", (0, 10))


def test_a_row_gets_the_same_prediction_alone_and_in_a_batch(model_folder: Path) -> None:
    for name, model in load_models(model_folder).items():
        (tensor,) = read_json(model_folder / name / "heldout.json")["inputs"]
        rows = np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])[:20]

        def predict(X: Any, tensor: Any = tensor, model: Any = model) -> Any:
            return model.predict([Tensor(name=tensor["name"], datatype="FP32", array=X)])[1].array

        alone = np.concatenate([predict(rows[index : index + 1]) for index in range(len(rows))])
        assert np.abs(predict(rows) - alone).max() < 1e-6
