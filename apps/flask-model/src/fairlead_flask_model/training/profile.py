"""Baseline profile, which production is compared with to detect drift."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# 64 edges, from the minimum to the maximum.
QUANTILES = np.linspace(0, 1, 64)


def profile_data(X: NDArray[np.float32], names: list[str], probabilities: NDArray[Any]) -> dict[str, Any]:
    """Profiles the training rows and their predictions."""
    labels = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    return {
        "rows": len(X),
        "quantiles": [round(float(quantile), 6) for quantile in QUANTILES],
        "features": [{"name": name, **_profile(X[:, column])} for column, name in enumerate(names)],
        "predictions": {
            "labelCounts": np.bincount(labels, minlength=probabilities.shape[1]).tolist(),
            "confidence": _profile(confidence),
        },
    }


def _profile(values: NDArray[Any]) -> dict[str, Any]:
    doubles = values.astype(np.float64)
    return {
        "min": _short(doubles.min()),
        "max": _short(doubles.max()),
        "mean": _short(doubles.mean()),
        "std": _short(doubles.std()),
        "missing": int(np.isnan(doubles).sum()),
        "quantiles": [_short(value) for value in np.quantile(doubles, QUANTILES)],
    }


def _short(value: float) -> float:
    # Nine digits distinguish any two FP32 values.
    return float(f"{value:.9g}")
