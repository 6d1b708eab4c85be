"""Check of tensors against the inputs of a model."""

from collections.abc import Sequence

import numpy as np

from fairlead_flask_model.request_error import RequestError
from fairlead_flask_model.show import show, show_number, show_shape
from fairlead_flask_model.signature import TensorSpec, ValueSpec
from fairlead_flask_model.tensor import Tensor

SHOWN_CATEGORIES = 10


def check_signature(specs: Sequence[TensorSpec], tensors: Sequence[Tensor]) -> None:
    """Compares names, datatypes, shapes, ranges and categories.

    Raises:
        RequestError: Names every tensor that does not match, with the expected and the given value.
    """
    by_name = {spec.name: spec for spec in specs}
    problems: list[str] = []
    seen: set[str] = set()
    for tensor in tensors:
        spec = by_name.get(tensor.name)
        if tensor.name in seen:
            problem: str | None = "expected each tensor once, found it again"
        elif spec is None:
            names = ", ".join(f'"{name}"' for name in by_name)
            problem = f"expected only {names}, found this tensor as well"
        else:
            problem = _check_tensor(spec, tensor)
        seen.add(tensor.name)
        if problem is not None:
            problems.append(f'tensor "{tensor.name[:60]}": {problem}')
    for spec in specs:
        if spec.name not in seen:
            expected = f"{spec.datatype} of shape {show_shape(spec.shape)}"
            problems.append(f'tensor "{spec.name}": expected {expected}, found no such tensor')
    if problems:
        raise RequestError("; ".join(problems))


def _check_tensor(spec: TensorSpec, tensor: Tensor) -> str | None:
    if tensor.datatype != spec.datatype:
        return f"expected datatype {spec.datatype}, found {tensor.datatype}"
    shape = tensor.array.shape
    fits = len(shape) == len(spec.shape) and all(
        required in {-1, length} for required, length in zip(spec.shape, shape, strict=True)
    )
    if not fits:
        return f"expected shape {show_shape(spec.shape)}, found {show_shape(shape)}"
    problem = _check_values(spec, spec.values, tensor, slice(None))
    for column, feature in enumerate(spec.features):
        if problem is not None:
            break
        problem = _check_values(spec, feature.values, tensor, column)
    return problem


def _check_values(spec: TensorSpec, values: ValueSpec, tensor: Tensor, column: int | slice) -> str | None:
    part = tensor.array[..., column]
    expected, outside = "", np.zeros(part.shape, dtype=np.bool_)
    if values.minimum != -np.inf or values.maximum != np.inf:
        # Written so that NaN is outside of every range.
        outside = ~((part >= values.minimum) & (part <= values.maximum))
        units = "" if values.units is None else f" {values.units}"
        expected = f"values from {show_number(values.minimum)} to {show_number(values.maximum)}{units}"
    if not outside.any() and values.categories is not None:
        outside = ~np.isin(part, list(values.categories))
        shown = ", ".join(show(category) for category in values.categories[:SHOWN_CATEGORIES])
        expected = f"one of {shown}"
    if not outside.any():
        return None
    # Index in the whole tensor, as in the request.
    everywhere = np.zeros(tensor.array.shape, dtype=np.bool_)
    everywhere[..., column] = outside
    index = int(np.flatnonzero(everywhere)[0])
    feature = f' (feature "{spec.features[index % len(spec.features)].name}")' if spec.features else ""
    found = show(tensor.array.reshape(-1)[index].item())
    return f"expected {expected}, found {found} at element {index}{feature}"
