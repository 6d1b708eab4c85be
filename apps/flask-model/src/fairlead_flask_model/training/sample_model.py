"""The two sample models: what they learn from, how, and which rows their exports are tried on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from fairlead_flask_model.cast import Cast
from fairlead_flask_model.training.dataset import (
    Dataset,
    load_breast_cancer_dataset,
    load_digits_dataset,
)


@dataclass(frozen=True, kw_only=True)
class SampleModel:
    """Definition of a sample model.

    Attributes:
        name: Its name in the registry.
        title: Its name for people.
        purpose: Purpose, in one sentence.
        limits: Uses that it is not suited for.
        input: The one input tensor, without shape and features.
        hyperparameters: By step of the pipeline.
        load: Reads the data.
        make_pipeline: Creates the untrained pipeline.
        probe: Generates rows that the export might predict differently, from held-out rows and the trained pipeline.
    """

    name: str
    title: str
    purpose: str
    limits: str
    input: dict[str, Any]
    hyperparameters: dict[str, Any]
    load: Callable[[], Dataset]
    make_pipeline: Callable[[dict[str, Any], int], Pipeline]
    probe: Callable[[np.random.Generator, NDArray[np.float32], Pipeline], NDArray[np.float32]]


PROBE_ROWS = 10_000
# 32-bit neighbors tried on either side of each split of a tree.
NEIGHBORS = 2


def _make_digits_pipeline(hyperparameters: dict[str, Any], seed: int) -> Pipeline:
    return Pipeline(
        [
            ("scale", MinMaxScaler()),
            ("classify", MLPClassifier(**hyperparameters, random_state=seed)),
        ]
    )


def _make_breast_cancer_pipeline(hyperparameters: dict[str, Any], seed: int) -> Pipeline:
    # The scaler works in 64 bits, then one rounding to the 32 bits that trees compare: stated as steps, the export does
    # the same. Without them the two sides round differently, and rows at a split go different ways.
    return Pipeline(
        [
            ("widen", Cast("float64")),
            ("scale", StandardScaler()),
            ("narrow", Cast("float32")),
            ("classify", GradientBoostingClassifier(**hyperparameters, random_state=seed)),
        ]
    )


def _probe_digits(rng: np.random.Generator, rows: NDArray[np.float32], _pipeline: Pipeline) -> NDArray[np.float32]:
    X = rows[rng.integers(len(rows), size=PROBE_ROWS)]
    return np.clip(X + rng.normal(0, 2, X.shape), 0, 16).astype(np.float32)


def _probe_breast_cancer(
    rng: np.random.Generator, rows: NDArray[np.float32], pipeline: Pipeline
) -> NDArray[np.float32]:
    X = rows[rng.integers(len(rows), size=PROBE_ROWS)]
    perturbed = np.maximum(X * rng.normal(1, 0.1, X.shape), 0).astype(np.float32)
    return np.concatenate([perturbed, _rows_at_splits(rng, rows, pipeline)])


def _rows_at_splits(rng: np.random.Generator, rows: NDArray[np.float32], pipeline: Pipeline) -> NDArray[np.float32]:
    """For each split of each tree, rows that lie on it, and a few of the nearest 32-bit values to both sides."""
    scaler, trees = pipeline["scale"], pipeline["classify"].estimators_.ravel()
    features = np.concatenate([tree.tree_.feature for tree in trees])
    thresholds = np.concatenate([tree.tree_.threshold for tree in trees])
    splits = features >= 0  # Leaves have −2.
    features, thresholds = features[splits], thresholds[splits]
    values = (thresholds * scaler.scale_[features] + scaler.mean_[features]).astype(np.float32)
    steps = np.arange(-NEIGHBORS, NEIGHBORS + 1)
    X = rows[rng.integers(len(rows), size=len(values) * len(steps))]
    # Neighboring floats of one sign are neighboring integers.
    near = (values[:, None].view(np.int32) + steps).astype(np.int32).view(np.float32)
    X[np.arange(len(X)), np.repeat(features, len(steps))] = near.ravel()
    return np.maximum(X, 0)


SAMPLE_MODELS = (
    SampleModel(
        name="digits",
        title="Handwritten digits",
        purpose="Reads one handwritten digit from an image of 8 × 8 pixels.",
        limits="Digits of 43 writers, centered and scaled; not for other scripts, noise or several digits at once.",
        input={
            "name": "image",
            "datatype": "FP32",
            "description": "Pixels row by row, from 0 (paper) to 16 (ink)",
            "range": {"min": 0, "max": 16},
        },
        hyperparameters={
            "hidden_layer_sizes": [64],
            "alpha": 0.001,
            "learning_rate_init": 0.005,
            "max_iter": 300,
        },
        load=load_digits_dataset,
        make_pipeline=_make_digits_pipeline,
        probe=_probe_digits,
    ),
    SampleModel(
        name="breast-cancer",
        title="Breast cancer from nuclei",
        purpose="Classifies tumors as malignant or benign by measurements of cell nuclei in an image.",
        limits="A demonstration on 569 samples of one hospital; not for diagnosis.",
        input={
            "name": "measurements",
            "datatype": "FP32",
            "description": "Ten measurements of the nuclei: their means, standard errors and worst values",
            "range": {"min": 0},
        },
        hyperparameters={
            "n_estimators": 150,
            "learning_rate": 0.1,
            "max_depth": 3,
            "subsample": 0.8,
        },
        load=load_breast_cancer_dataset,
        make_pipeline=_make_breast_cancer_pipeline,
        probe=_probe_breast_cancer,
    ),
)
