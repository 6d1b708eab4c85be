import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from fairlead_flask_model.retrain import main
from fairlead_flask_model.training.captured_rows import RowsError, read_captured_rows
from fairlead_flask_model.training.dataset import load_breast_cancer_dataset

DATASET = load_breast_cancer_dataset()
# Measurements of another microscope.
SHIFT = 1.3


def write_rows(path: Path, X: Any, labels: list[str], *, without: str = "") -> Path:
    names = [f"input_{feature['name']}" for feature in DATASET.features]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["request_id", *(name for name in [*names, "label"] if name != without)])
        for number, (row, label) in enumerate(zip(X.tolist(), labels, strict=True)):
            cells = dict(zip([*names, "label"], [*row, label], strict=True))
            cells.pop(without, None)
            writer.writerow([f"r{number}", *cells.values()])
    return path


def run(tmp_path: Path, model: str = "breast-cancer") -> int:
    (tmp_path / "output").mkdir()
    return main(
        {
            "FAIRLEAD_TRAINING_MODEL": model,
            "FAIRLEAD_TRAINING_ROWS": str(tmp_path / "rows.csv"),
            "FAIRLEAD_TRAINING_OUTPUT": str(tmp_path / "output"),
        }
    )


def test_trains_on_the_captured_rows(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.csv", DATASET.X * SHIFT, [str(label) for label in DATASET.y])
    assert run(tmp_path) == 0
    output = tmp_path / "output"
    assert {path.name for path in output.iterdir()} == {"model.onnx", "metadata.json", "heldout.json"}
    session = onnxruntime.InferenceSession((output / "model.onnx").read_bytes())
    label = session.run(["label"], {"measurements": (DATASET.X * SHIFT).astype(np.float32)})[0]
    assert np.mean(label == DATASET.y) > 0.95
    metadata = json.loads((output / "metadata.json").read_text())
    assert metadata["lineage"]["dataset"]["name"] == "captured requests (569 rows)"
    assert metadata["metrics"]["accuracy"] > 0.9


def test_reads_labels_as_indexes_and_names(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.csv", DATASET.X[:3], ["0", "benign", "1.0"])
    rows = read_captured_rows(path, DATASET)
    assert rows.y.tolist() == [0, 1, 1]
    assert np.array_equal(rows.X, DATASET.X[:3])


@pytest.mark.parametrize(
    ("message", "labels", "without"),
    [
        ("has no column 'label'", ["0"], "label"),
        ("has no column 'input_mean_radius'", ["0"], "input_mean_radius"),
        ("line 2: the label 'unknown' is none of malignant, benign", ["unknown"], ""),
    ],
)
def test_rejects_rows_that_do_not_fit(tmp_path: Path, message: str, labels: list[str], without: str) -> None:
    path = write_rows(tmp_path / "rows.csv", DATASET.X[:1], labels, without=without)
    with pytest.raises(RowsError, match=message):
        read_captured_rows(path, DATASET)


def test_rejects_a_value_that_is_no_number(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.csv", DATASET.X[:1], ["0"])
    path.write_text(path.read_text().replace(str(DATASET.X[0, 0].item()), "wide"))
    with pytest.raises(RowsError, match="line 2: could not convert"):
        read_captured_rows(path, DATASET)


def test_ends_with_a_message_for_rows_and_models_that_it_can_not_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path / "rows.csv", DATASET.X[:1], ["unknown"])
    assert run(tmp_path) == 1
    assert "the label 'unknown'" in capsys.readouterr().err
    (tmp_path / "output").rmdir()
    assert run(tmp_path, model="churn") == 1
    assert "churn is no sample model" in capsys.readouterr().err
