"""Training of a model, from the data to its files."""

import hashlib
import io
import json
import warnings
from dataclasses import asdict
from typing import Any

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from fairlead_flask_model.training.baseline import make_baseline
from fairlead_flask_model.training.dataset import Dataset, split_dataset
from fairlead_flask_model.training.examples import make_example, make_golden_examples
from fairlead_flask_model.training.metadata import (
    make_lineage,
    make_model_card,
    make_signature,
    measure,
)
from fairlead_flask_model.training.onnx_export import export_onnx
from fairlead_flask_model.training.parity import TOLERANCE, Parity, check_parity
from fairlead_flask_model.training.sample_model import SampleModel


def train_model(sample: SampleModel, seed: int) -> dict[str, bytes]:
    """Trains, exports and measures a model; the same seed results in the same bytes on the same machine.

    Returns:
        The content of each file by its name.

    Raises:
        ParityError: The outputs of the export differ from the original.
        ConvergenceWarning: The training did not converge.
    """
    return train_on(sample, sample.load(), seed)


def train_on(sample: SampleModel, dataset: Dataset, seed: int) -> dict[str, bytes]:
    """Does the same as `train_model` with other rows than those of the sample."""
    # The order of additions, and with it the last digits, depends on the number of threads.
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        return _train_on(sample, dataset, seed)


def _train_on(sample: SampleModel, dataset: Dataset, seed: int) -> dict[str, bytes]:
    split = split_dataset(dataset, seed)
    pipeline = sample.make_pipeline(sample.hyperparameters, seed)
    pipeline.fit(split.X_train, split.y_train)

    onnx_model = export_onnx(
        pipeline,
        name=sample.name,
        input_name=sample.input["name"],
        features=len(dataset.features),
        classes=len(dataset.labels),
    )
    probes = sample.probe(np.random.default_rng(seed), split.X_test, pipeline)
    parity = {
        "tolerance": TOLERANCE,
        "heldOut": _describe(check_parity(onnx_model, pipeline, split.X_test)),
        "probes": _describe(check_parity(onnx_model, pipeline, probes)),
    }
    both = check_parity(onnx_model, pipeline, np.concatenate([split.X_test, probes]))

    input_name = sample.input["name"]
    probabilities = pipeline.predict_proba(split.X_test)
    metrics = measure(split.y_test, probabilities)
    original = io.BytesIO()
    joblib.dump(pipeline, original)
    signature = make_signature(sample, dataset)
    files = {"model.onnx": onnx_model, "model.joblib": original.getvalue()}
    metadata = {
        "model": sample.name,
        "title": sample.title,
        "labels": dataset.labels,
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in files.items()
        },
        "signature": signature,
        "metrics": metrics,
        "goldenExamples": make_golden_examples(input_name, dataset.labels, split.X_test, probabilities),
        "baseline": make_baseline(
            signature,
            {input_name: split.X_train},
            {"label": probabilities.argmax(axis=1), "probabilities": probabilities},
            labels=split.y_test,
            scores="probabilities",
        ),
        "lineage": make_lineage(sample, dataset, split, seed),
        "modelCard": make_model_card(sample, dataset, split, metrics),
        "parity": {**_describe(both), **parity},
    }
    held_out = {
        "model": sample.name,
        "rows": len(split.X_test),
        **make_example(input_name, split.X_test, probabilities),
        "trueLabels": split.y_test.tolist(),
    }
    return {
        **files,
        "metadata.json": _to_json(metadata, indent=2),
        "heldout.json": _to_json(held_out, indent=None),
    }


def _describe(parity: Parity) -> dict[str, Any]:
    described = asdict(parity)
    return {
        "rows": described["rows"],
        "maxAbsDiff": described["max_abs_diff"],
        "labelAgreement": described["label_agreement"],
    }


def _to_json(value: Any, *, indent: int | None) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    return f"{text}\n".encode()
