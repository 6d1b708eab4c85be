"""Captured rows with labels, as `fairlead retrain run` writes them."""

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from fairlead_flask_model.training.dataset import Dataset

LABEL = "label"
PREFIX = "input_"


class RowsError(Exception):
    """The rows can't be used to train the model; the message says why."""


def read_captured_rows(path: Path, sample: Dataset) -> Dataset:
    """Reads rows of a CSV file: a column `input_NAME` for each feature, and `label` with the index or name of a class.

    Args:
        path: CSV file with the names of its columns in the first line.
        sample: Features and classes of the model.

    Raises:
        RowsError: A column is missing, or a value isn't one of the feature or class.
    """
    columns = [f"{PREFIX}{feature['name']}" for feature in sample.features]
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in [*columns, LABEL] if name not in (reader.fieldnames or [])]
        if missing:
            raise RowsError(f"{path} has no column {missing[0]!r}")
        rows = list(reader)
    classes = {text: index for index, name in enumerate(sample.labels) for text in (name, str(index), f"{index}.0")}
    features, labels = [], []
    for number, row in enumerate(rows, start=2):
        if row[LABEL] not in classes:
            raise RowsError(f"{path}, line {number}: the label {row[LABEL]!r} is none of {', '.join(sample.labels)}")
        try:
            features.append([float(row[name]) for name in columns])
        except ValueError as error:
            raise RowsError(f"{path}, line {number}: {error}") from error
        labels.append(classes[row[LABEL]])
    return replace(
        sample,
        name=f"captured requests ({len(rows)} rows)",
        X=np.array(features, dtype=np.float32).reshape(len(rows), len(columns)),
        y=np.array(labels, dtype=np.int64),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
