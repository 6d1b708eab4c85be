"""Baseline of a version, in the format of `@fairlead/windows`: live requests are compared with it to detect drift."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Up to so many distinct numbers have a bin each; of more, so many quantiles are the edges of bins.
MAX_VALUES = 64
QUANTILES = 64
# Groups of similar scores in the calibration.
MAX_GROUPS = 256


def make_baseline(
    signature: Mapping[str, Any],
    inputs: Mapping[str, NDArray[Any]],
    outputs: Mapping[str, NDArray[Any]],
    *,
    labels: NDArray[np.int64],
    scores: str,
) -> dict[str, Any]:
    """Summarizes the training rows, and the outputs for held-out rows.

    The outputs for training rows would be those of rows that the model has memorized: surer than any live request.

    Args:
        signature: In the format of `@fairlead/signature`.
        inputs: Training rows of each input, [rows] or [rows, features].
        outputs: Outputs of each held-out row.
        labels: True class of each held-out row: an index of the last dimension of `scores`.
        scores: The output that holds a score for each class.
    """
    rows = len(next(iter(inputs.values())))
    specs = {spec["name"]: spec for spec in signature["outputs"]}
    return {
        "format": "fairlead-baseline",
        "version": 1,
        "rows": rows,
        "sampledRows": rows,
        "features": _columns(signature["inputs"], inputs),
        "outputs": _columns(signature["outputs"], outputs),
        "calibration": _calibrate(specs[scores], outputs[scores], labels),
    }


def _columns(specs: list[dict[str, Any]], tensors: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    return [
        _column(spec, index, column)
        for spec in specs
        for index, column in enumerate(tensors[spec["name"]].reshape(len(tensors[spec["name"]]), -1).T)
    ]


def _column(spec: dict[str, Any], index: int, column: NDArray[Any]) -> dict[str, Any]:
    tensor, is_short = spec["name"], spec["datatype"] == "FP32"
    features = spec.get("features")
    if features is not None:
        name = features[index]["name"]
    else:
        name = tensor if len(spec["shape"]) == 1 else f"{tensor}[{index}]"
    values = (column.astype(np.float32) if is_short else column).astype(np.float64)
    return {
        "name": name,
        "tensor": tensor,
        "index": index,
        "datatype": spec["datatype"],
        **_count(values, is_short=is_short),
    }


def _count(values: NDArray[np.float64], *, is_short: bool) -> dict[str, Any]:
    numbers = np.sort(values[np.isfinite(values)]) + 0.0  # −0 is 0.
    missing = {"missing": len(values) - len(numbers)} if len(numbers) < len(values) else {}
    distinct, counts = np.unique(numbers, return_counts=True)
    if len(distinct) <= MAX_VALUES:
        bins: dict[str, Any] = {"kind": "values", "values": distinct.tolist()}
    else:
        edges = _edges(numbers, is_short=is_short)
        bins = {"kind": "edges", "edges": edges.tolist()}
        # The last bin includes its upper edge.
        bin_of = np.minimum(np.searchsorted(edges, numbers, side="right") - 1, len(edges) - 2)
        counts = np.bincount(bin_of, minlength=len(edges) - 1)
    moments = {"mean": float(numbers.mean()), "standardDeviation": float(numbers.std())} if len(numbers) else {}
    extremes = {"sum": _exact_sum(numbers), "min": numbers[0].item(), "max": numbers[-1].item()} if len(numbers) else {}
    return {"bins": bins, "counts": {"counts": counts.tolist(), **missing, **extremes}, **moments}


def _edges(numbers: NDArray[np.float64], *, is_short: bool) -> NDArray[np.float64]:
    """Quantiles; a value that spans several, and a maximum that repeats, have a bin to the next larger number."""

    def in_tensor(edge: float) -> float:
        return float(np.float32(edge)) if is_short else edge

    edges: list[float] = []

    def add(edge: float) -> None:
        if not edges or edge > edges[-1]:
            edges.append(edge)

    previous = math.nan
    for edge in np.quantile(numbers, np.linspace(0, 1, QUANTILES)).tolist():
        add(math.nextafter(in_tensor(edge), math.inf) if edge == previous else in_tensor(edge))
        previous = edge
    if numbers[-1] == numbers[-2]:
        add(math.nextafter(numbers[-1], math.inf))
    return np.array(edges)


def _exact_sum(numbers: NDArray[np.float64]) -> list[float]:
    """Numbers of descending magnitude whose sum is exactly that of `numbers`."""
    parts: list[float] = []
    while (rest := math.fsum([*numbers.tolist(), *(-part for part in parts)])) != 0:
        parts.append(rest)
    return parts


def _calibrate(spec: dict[str, Any], scores: NDArray[Any], labels: NDArray[np.int64]) -> dict[str, Any]:
    names = [feature["name"] for feature in spec["features"]]
    wide = scores.astype(np.float32 if spec["datatype"] == "FP32" else np.float64).astype(np.float64)
    return {
        "tensor": spec["name"],
        "classes": [
            {"label": name, "index": index, **_group(wide[:, index], labels == index)}
            for index, name in enumerate(names)
        ],
    }


def _group(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> dict[str, Any]:
    """Groups of rows of similar scores; equal scores are never divided."""
    order = np.argsort(scores, kind="stable")
    scores, positive = scores[order], positive[order]
    size = 1 if len(np.unique(scores)) <= MAX_GROUPS else math.ceil(len(scores) / MAX_GROUPS)
    means: list[float] = []
    counts: list[int] = []
    positives: list[int] = []
    start = 0
    while start < len(scores):
        end = min(start + size, len(scores))
        end = int(np.searchsorted(scores, scores[end - 1], side="right"))
        part = scores[start:end]
        means.append(min(float(part[0] + (part - part[0]).mean()), float(part[-1])))
        counts.append(end - start)
        positives.append(int(positive[start:end].sum()))
        start = end
    return {"scores": means, "counts": counts, "positives": positives}
