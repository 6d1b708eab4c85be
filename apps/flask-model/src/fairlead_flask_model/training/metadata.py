"""Metadata of a trained model."""

import platform
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

from fairlead_flask_model.training.dataset import Dataset, Split
from fairlead_flask_model.training.sample_model import SampleModel

FRAMEWORKS = ("numpy", "scikit-learn", "skl2onnx", "onnx")


def framework_versions() -> dict[str, str]:
    """Returns the versions of the packages that determine the result of a training."""
    return {
        "python": platform.python_version(),
        **{framework: version(framework) for framework in FRAMEWORKS},
    }


def make_signature(sample: SampleModel, dataset: Dataset) -> dict[str, Any]:
    """Returns the signature in the format of `@fairlead/signature`."""
    classes = ", ".join(dataset.labels)
    return {
        "inputs": [
            {
                **sample.input,
                "shape": [-1, len(dataset.features)],
                "features": dataset.features,
            }
        ],
        "outputs": [
            {
                "name": "label",
                "datatype": "INT64",
                "shape": [-1],
                "description": f"Index of the most likely class: {classes}",
                "range": {"min": 0, "max": len(dataset.labels) - 1},
            },
            {
                "name": "probabilities",
                "datatype": "FP32",
                "shape": [-1, len(dataset.labels)],
                "description": "Probability of each class",
                "features": [{"name": label} for label in dataset.labels],
            },
        ],
    }


def measure(y: NDArray[np.int64], probabilities: NDArray[Any]) -> dict[str, float]:
    """Computes metrics of predictions; the area under the curve for two classes only."""
    predicted = probabilities.argmax(axis=1)
    wide = probabilities.astype(np.float64)
    wide /= wide.sum(axis=1, keepdims=True)
    metrics = {
        "accuracy": accuracy_score(y, predicted),
        "f1Macro": f1_score(y, predicted, average="macro"),
        "logLoss": log_loss(y, wide),
    }
    if wide.shape[1] == 2:
        metrics["rocAuc"] = roc_auc_score(y, wide[:, 1])
    return {name: round(float(value), 9) for name, value in metrics.items()} | {"rows": len(y)}


def make_lineage(sample: SampleModel, dataset: Dataset, split: Split, seed: int) -> dict[str, Any]:
    """Returns the lineage of the model."""
    return {
        "dataset": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "rows": len(dataset.X),
            "trainRows": len(split.X_train),
            "testRows": len(split.X_test),
        },
        "command": f"python -m fairlead_flask_model.train --seed {seed}",
        "parameters": {"seed": seed, **sample.hyperparameters},
        "frameworks": framework_versions(),
    }


def make_model_card(sample: SampleModel, dataset: Dataset, split: Split, metrics: dict[str, float]) -> str:
    """Returns the model card, in Markdown."""
    return (
        f"# {sample.title}\n\n"
        f"{sample.purpose}\n\n"
        f"- Classes: {', '.join(dataset.labels)}\n"
        f"- Data: {dataset.name}; trained on {len(split.X_train)} rows, "
        f"measured on {len(split.X_test)} others\n"
        f"- Accuracy: {metrics['accuracy']:.4f}, log loss: {metrics['logLoss']:.4f}\n"
        f"- Limits: {sample.limits}\n"
    )
