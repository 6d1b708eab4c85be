import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from fairlead_flask_model.train import MODELS, main
from fairlead_flask_model.training.dataset import load_breast_cancer_dataset, split_dataset
from fairlead_flask_model.training.onnx_export import export_onnx
from fairlead_flask_model.training.parity import TOLERANCE, ParityError, check_parity
from fairlead_flask_model.training.sample_model import SAMPLE_MODELS, _rows_at_splits
from read_json import read_json

MIN_ACCURACY = {"digits": 0.95, "breast-cancer": 0.92}
FILES = {"model.onnx", "model.joblib", "metadata.json", "heldout.json", "stamp.json"}


def run_train(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fairlead_flask_model.train", "--out", str(folder), *arguments],
        env={**os.environ, "PYTHONPATH": "src", **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def tensors(json_tensors: list[dict[str, Any]]) -> dict[str, Any]:
    return {tensor["name"]: np.array(tensor["data"]).reshape(tensor["shape"]) for tensor in json_tensors}


def answer(trained: Path, X: Any) -> tuple[Any, Any]:
    session = onnxruntime.InferenceSession((trained / "model.onnx").read_bytes())
    (input_tensor,) = session.get_inputs()
    label, probabilities = session.run(["label", "probabilities"], {input_tensor.name: X.astype(np.float32)})
    return label, probabilities


def test_writes_the_files_of_the_registry_and_flask(trained: Path) -> None:
    assert {path.name for path in trained.iterdir()} == FILES
    metadata = read_json(trained / "metadata.json")
    assert metadata["model"] == trained.name
    assert metadata["metrics"]["accuracy"] >= MIN_ACCURACY[trained.name]
    assert all(np.isfinite(value) for value in metadata["metrics"].values())
    for name, file in metadata["files"].items():
        content = (trained / name).read_bytes()
        assert file == {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    assert metadata["lineage"]["parameters"]["seed"] == 0
    assert len(metadata["lineage"]["dataset"]["sha256"]) == 64
    assert set(metadata["lineage"]["frameworks"]) == {"python", "numpy", "scikit-learn", "skl2onnx", "onnx"}
    assert f"{metadata['metrics']['accuracy']:.4f}" in metadata["modelCard"]


def test_signature_is_the_one_of_the_onnx_file(trained: Path) -> None:
    signature = read_json(trained / "metadata.json")["signature"]
    graph = onnx.load(trained / "model.onnx").graph
    kinds = {"FP32": onnx.TensorProto.FLOAT, "INT64": onnx.TensorProto.INT64}
    for side, found in (("inputs", graph.input), ("outputs", graph.output)):
        assert [tensor["name"] for tensor in signature[side]] == [tensor.name for tensor in found]
        for expected, tensor in zip(signature[side], found, strict=True):
            assert tensor.type.tensor_type.elem_type == kinds[expected["datatype"]]
            shape = [dim.dim_value or -1 for dim in tensor.type.tensor_type.shape.dim]
            assert shape == expected["shape"]
    features = [feature["name"] for feature in signature["inputs"][0]["features"]]
    assert len(set(features)) == signature["inputs"][0]["shape"][1]
    if trained.name == "digits":
        assert (features[0], features[-1]) == ("pixel_0_0", "pixel_7_7")
        assert signature["inputs"][0]["range"] == {"min": 0, "max": 16}
    else:
        assert {"mean_radius", "texture_error", "worst_fractal_dimension"} <= set(features)
        assert signature["inputs"][0]["range"] == {"min": 0}


def test_parity_was_checked_on_held_out_and_ten_thousand_other_rows(trained: Path) -> None:
    parity = read_json(trained / "metadata.json")["parity"]
    assert parity["heldOut"]["rows"] == read_json(trained / "heldout.json")["rows"]
    assert parity["probes"]["rows"] >= 10_000
    assert parity["rows"] == parity["heldOut"]["rows"] + parity["probes"]["rows"]
    assert parity["labelAgreement"] == 1
    assert 0 < parity["maxAbsDiff"] <= TOLERANCE


def test_onnx_and_joblib_predict_the_held_out_outputs(trained: Path) -> None:
    held_out = read_json(trained / "heldout.json")
    assert held_out["rows"] >= 50
    (X,) = tensors(held_out["inputs"]).values()
    expected = tensors(held_out["outputs"])
    original = joblib.load(trained / "model.joblib")
    assert np.array_equal(original.predict(X.astype(np.float32)), expected["label"])
    assert np.abs(original.predict_proba(X.astype(np.float32)) - expected["probabilities"]).max() < 1e-8
    label, probabilities = answer(trained, X)
    assert np.array_equal(label, expected["label"])
    assert np.abs(probabilities - expected["probabilities"]).max() <= TOLERANCE
    accuracy = (label == np.array(held_out["trueLabels"])).mean()
    assert accuracy == pytest.approx(read_json(trained / "metadata.json")["metrics"]["accuracy"])


def test_golden_examples_cover_classes_and_match_the_model(trained: Path) -> None:
    examples = read_json(trained / "metadata.json")["goldenExamples"]
    assert 3 <= len(examples) <= 5
    labels = set()
    for example in examples:
        (X,) = tensors(example["inputs"]).values()
        expected = tensors(example["outputs"])
        label, probabilities = answer(trained, X)
        assert label.tolist() == expected["label"].tolist()
        assert np.abs(probabilities - expected["probabilities"]).max() <= example["tolerance"] == 1e-4
        labels.add(label.item())
    assert len(labels) >= 2


def test_baseline_counts_every_feature_and_output(trained: Path) -> None:
    metadata = read_json(trained / "metadata.json")
    baseline = metadata["baseline"]
    held_out = read_json(trained / "heldout.json")
    assert baseline["format"] == "fairlead-baseline"
    assert baseline["rows"] == metadata["lineage"]["dataset"]["trainRows"]
    (spec,) = metadata["signature"]["inputs"]
    assert [feature["name"] for feature in baseline["features"]] == [feature["name"] for feature in spec["features"]]
    assert [output["name"] for output in baseline["outputs"]] == ["label", *metadata["labels"]]
    # Features of the rows that the model learned from, outputs of others.
    for features, rows in (("features", baseline["rows"]), ("outputs", held_out["rows"])):
        for feature in baseline[features]:
            bins, counts = feature["bins"], feature["counts"]["counts"]
            limits = bins[bins["kind"]]
            assert limits == sorted(limits)
            assert len(counts) == len(limits) - (1 if bins["kind"] == "edges" else 0)
            assert sum(counts) == rows
            assert limits[0] == feature["counts"]["min"] <= feature["mean"] <= feature["counts"]["max"] <= limits[-1]


def test_baseline_has_the_calibration_by_held_out_rows(trained: Path) -> None:
    metadata = read_json(trained / "metadata.json")
    true_labels = read_json(trained / "heldout.json")["trueLabels"]
    calibration = metadata["baseline"]["calibration"]
    assert calibration["tensor"] == "probabilities"
    assert [each["label"] for each in calibration["classes"]] == metadata["labels"]
    for index, each in enumerate(calibration["classes"]):
        assert each["scores"] == sorted(set(each["scores"]))
        assert sum(each["counts"]) == len(true_labels)
        assert sum(each["positives"]) == true_labels.count(index)


def test_the_same_seed_results_in_the_same_bytes_and_another_seed_does_not(model_folder: Path, tmp_path: Path) -> None:
    same = run_train(tmp_path / "same", PYTHONHASHSEED="4711", OMP_NUM_THREADS="2")
    assert same.communicate()[0].count("trained in") == 2
    assert same.returncode == 0
    for name in MODELS:
        assert contents(tmp_path / "same" / name) == contents(model_folder / name)
    main(["--out", str(tmp_path / "other"), "--seed", "1"])
    for name in MODELS:
        assert (tmp_path / "other" / name / "model.onnx").read_bytes() != (
            model_folder / name / "model.onnx"
        ).read_bytes()


def test_trains_only_models_that_are_not_up_to_date(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(model_folder, folder)
    main(["--out", str(folder)])
    assert capsys.readouterr().out == "digits: up to date\nbreast-cancer: up to date\n"

    original = (folder / "digits" / "model.onnx").read_bytes()
    (folder / "digits" / "model.onnx").write_bytes(original[:-1])
    (folder / "breast-cancer" / "metadata.json").unlink()
    main(["--out", str(folder)])
    assert capsys.readouterr().out.count("trained in") == 2
    assert (folder / "digits" / "model.onnx").read_bytes() == original

    main(["--out", str(folder), "--force"])
    assert capsys.readouterr().out.count("trained in") == 2
    for name in MODELS:
        assert contents(folder / name) == contents(model_folder / name)


@pytest.mark.parametrize("seed", ["-1", "1.5", "x", str(2**32)])
def test_refuses_an_invalid_seed(seed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), f"--seed={seed}"])
    assert "is not a whole number" in capsys.readouterr().err


def test_a_killed_training_leaves_no_partial_folder_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    killed = run_train(folder)
    assert killed.stdout is not None
    assert killed.stdout.readline().startswith("digits: trained")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    assert {path.name for path in (folder / "digits").iterdir()} == FILES
    if (folder / "breast-cancer").exists():
        assert {path.name for path in (folder / "breast-cancer").iterdir()} == FILES
    (folder / ".staging-breast-cancer-left").mkdir()

    two = [run_train(folder), run_train(folder)]
    outputs = [process.communicate()[0] for process in two]
    assert [process.returncode for process in two] == [0, 0]
    assert "".join(outputs).count("breast-cancer: trained in") <= 1
    assert {path.name for path in folder.iterdir()} == {*MODELS, ".lock"}
    for name in MODELS:
        assert {path.name for path in (folder / name).iterdir()} == FILES


def test_an_export_that_differs_is_refused() -> None:
    (sample,) = (sample for sample in SAMPLE_MODELS if sample.name == "breast-cancer")
    dataset = load_breast_cancer_dataset()
    split = split_dataset(dataset, 0)
    pipelines = [
        sample.make_pipeline({**sample.hyperparameters, "n_estimators": trees}, 0).fit(split.X_train, split.y_train)
        for trees in (5, 6)
    ]
    export = export_onnx(
        pipelines[0], name="other", input_name="measurements", features=len(dataset.features), classes=2
    )
    assert check_parity(export, pipelines[0], split.X_test).label_agreement == 1
    with pytest.raises(ParityError, match=r"a probability that differs by more than 0\.0001"):
        check_parity(export, pipelines[1], split.X_test)


def test_rows_at_splits_detect_a_pipeline_that_rounds_elsewhere() -> None:
    """Without the casts the export differs at splits: the probe finds differences that held-out rows do not."""
    (sample,) = (sample for sample in SAMPLE_MODELS if sample.name == "breast-cancer")
    dataset = load_breast_cancer_dataset()
    split = split_dataset(dataset, 0)
    naive = Pipeline(
        [
            ("scale", StandardScaler()),
            ("classify", GradientBoostingClassifier(**sample.hyperparameters, random_state=0)),
        ]
    ).fit(split.X_train, split.y_train)
    export = export_onnx(naive, name="naive", input_name="x", features=len(dataset.features), classes=2)
    probes = _rows_at_splits(np.random.default_rng(0), split.X_test, naive)
    check_parity(export, naive, split.X_test)
    with pytest.raises(ParityError):
        check_parity(export, naive, probes)


def test_stamp_contains_no_path_and_no_time(trained: Path) -> None:
    text = json.dumps(read_json(trained / "stamp.json")) + (trained / "metadata.json").read_text()
    assert str(trained.parent) not in text
