"""The data that the sample models learn from: bundled with scikit-learn, nothing is downloaded."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split

TEST_SHARE = 0.25


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Rows of features with their classes.

    Attributes:
        name: Origin of the data.
        X: Features as in requests: FP32, [rows, features].
        y: Class of each row: an index of `labels`.
        labels: Names of the classes.
        features: Name and description of each feature: `FeatureSpec` of a signature.
        sha256: Hash of the bundled data.
    """

    name: str
    X: NDArray[np.float32]
    y: NDArray[np.int64]
    labels: list[str]
    features: list[dict[str, Any]]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Split:
    """A dataset in two parts; nothing is learned from the test part."""

    X_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    X_test: NDArray[np.float32]
    y_test: NDArray[np.int64]


def split_dataset(dataset: Dataset, seed: int) -> Split:
    """Holds a quarter of the rows out, with the same share of each class."""
    X_train, X_test, y_train, y_test = train_test_split(
        dataset.X, dataset.y, test_size=TEST_SHARE, stratify=dataset.y, random_state=seed
    )
    return Split(X_train=X_train, y_train=y_train, X_test=X_test, y_test=y_test)


def load_digits_dataset() -> Dataset:
    """1,797 handwritten digits of 8 × 8 pixels."""
    bunch = load_digits()
    features = [
        {"name": f"pixel_{row}_{column}", "description": f"Ink in row {row}, column {column}"}
        for row in range(8)
        for column in range(8)
    ]
    return _dataset(
        "scikit-learn digits (UCI: Optical Recognition of Handwritten Digits)",
        bunch,
        [str(digit) for digit in bunch.target_names],
        features,
    )


def load_breast_cancer_dataset() -> Dataset:
    """569 samples with 30 measurements of their cell nuclei."""
    bunch = load_breast_cancer()
    return _dataset(
        "scikit-learn breast_cancer (UCI: Breast Cancer Wisconsin, Diagnostic)",
        bunch,
        [str(label) for label in bunch.target_names],
        [_measurement(str(name)) for name in bunch.feature_names],
    )


# Ten measurements of a nucleus, with the unit where the source states one.
_MEASUREMENTS: dict[str, tuple[str, str | None]] = {
    "radius": ("distance from the center to the outline", None),
    "texture": ("standard deviation of the gray values", "gray levels"),
    "perimeter": ("length of the outline", None),
    "area": ("area", None),
    "smoothness": ("local variation in the lengths of radii", None),
    "compactness": ("perimeter² / area − 1", None),
    "concavity": ("severity of the concave parts of the outline", None),
    "concave points": ("number of concave parts of the outline", None),
    "symmetry": ("difference of the two sides", None),
    "fractal dimension": ("coastline approximation − 1", None),
}


def _measurement(name: str) -> dict[str, Any]:
    # "mean radius", "radius error", "worst radius"
    statistic, quantity = (
        ("error", name.removesuffix(" error")) if name.endswith(" error") else name.split(" ", maxsplit=1)
    )
    description, units = _MEASUREMENTS[quantity]
    over_nuclei = {
        "mean": "mean over the nuclei",
        "error": "standard error of the mean",
        "worst": "mean of the three largest",
    }[statistic]
    return {
        "name": name.replace(" ", "_"),
        "description": f"{quantity.capitalize()}: {description}; {over_nuclei}",
        **({} if units is None else {"units": units}),
    }


def _dataset(name: str, bunch: Any, labels: list[str], features: list[dict[str, Any]]) -> Dataset:
    digest = hashlib.sha256()
    digest.update(np.ascontiguousarray(bunch.data, dtype="<f8").tobytes())
    digest.update(np.ascontiguousarray(bunch.target, dtype="<i8").tobytes())
    return Dataset(
        name=name,
        X=bunch.data.astype(np.float32),
        y=bunch.target.astype(np.int64),
        labels=labels,
        features=features,
        sha256=digest.hexdigest(),
    )
