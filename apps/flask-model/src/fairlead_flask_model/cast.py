"""A pipeline step that sets the precision of its output."""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin


class Cast(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Rounds the features to a floating-point type.

    scikit-learn's trees compare 32-bit features of any input; the position of the rounding decides on which
    side of a split a row falls. This step makes it explicit in the pipeline, so that an export can do the same.
    """

    def __init__(self, dtype: Literal["float32", "float64"] = "float32") -> None:
        self.dtype = dtype

    def fit(self, X: NDArray[Any], y: object = None) -> Self:
        """Learns nothing."""
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Returns the rounded features."""
        return np.asarray(X).astype(self.dtype)

    def __sklearn_is_fitted__(self) -> bool:
        """There is nothing to fit."""
        return True
