"""The signature of a model: its inputs and outputs, as in `metadata.json`."""

from dataclasses import dataclass
from math import inf
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ValueSpec:
    """Constraints of the values of a tensor, or of one of its features.

    Attributes:
        minimum: Minimum value.
        maximum: Maximum value.
        categories: Allowed values; None if any value is allowed.
        units: Unit of measurement, for people.
    """

    minimum: float = -inf
    maximum: float = inf
    categories: tuple[Any, ...] | None = None
    units: str | None = None


@dataclass(frozen=True, kw_only=True)
class FeatureSpec:
    """A named position along the last dimension."""

    name: str
    values: ValueSpec


@dataclass(frozen=True, kw_only=True)
class TensorSpec:
    """One input or output; −1 in the shape is a variable length."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: ValueSpec
    features: tuple[FeatureSpec, ...]
    json: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Signature:
    """All inputs and outputs of a model."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


def read_signature(json: dict[str, Any]) -> Signature:
    """Reads the signature of a model's metadata, which the training wrote and a hash protects."""
    return Signature(
        inputs=tuple(_read_tensor_spec(spec) for spec in json["inputs"]),
        outputs=tuple(_read_tensor_spec(spec) for spec in json["outputs"]),
    )


def _read_tensor_spec(json: dict[str, Any]) -> TensorSpec:
    return TensorSpec(
        name=json["name"],
        datatype=json["datatype"],
        shape=tuple(json["shape"]),
        values=_read_value_spec(json),
        features=tuple(
            FeatureSpec(name=feature["name"], values=_read_value_spec(feature)) for feature in json.get("features", [])
        ),
        json=json,
    )


def _read_value_spec(json: dict[str, Any]) -> ValueSpec:
    bounds = json.get("range", {})
    categories = json.get("categories")
    return ValueSpec(
        minimum=bounds.get("min", -inf),
        maximum=bounds.get("max", inf),
        categories=None if categories is None else tuple(categories),
        units=json.get("units"),
    )
