"""Tensors and their JSON form in the Open Inference Protocol."""

from dataclasses import dataclass
from itertools import chain
from math import inf, isnan, prod
from typing import Any, Never, cast

import numpy as np
from numpy.typing import NDArray

from fairlead_flask_model.datatypes import DATATYPES, Datatype
from fairlead_flask_model.request_error import RequestError
from fairlead_flask_model.show import show, show_number, show_shape

MAX_DIMENSIONS = 32


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """A named array; its dtype and shape are those of `datatype` and the request."""

    name: str
    datatype: str
    array: NDArray[Any]


def decode_tensor(json: Any) -> Tensor:
    """Decodes `{name, datatype, shape, data}` to a tensor; `data` is flat, or nested exactly as in `shape`.

    Nothing is allocated before the elements are counted: a shape cannot request more memory than the text has elements.

    Raises:
        RequestError: Names the tensor, the expected and the given value.
    """
    if not isinstance(json, dict):
        _fail("(unnamed)", "an object", show(json))
    name = json.get("name")
    if not isinstance(name, str) or name == "":
        _fail("(unnamed)", 'a "name" that is a string and not empty', _show_field(json, "name"))
    datatype = DATATYPES.get(json["datatype"]) if isinstance(json.get("datatype"), str) else None
    if datatype is None:
        _fail(name, f'a "datatype" of {", ".join(DATATYPES)}', _show_field(json, "datatype"))
    shape = _read_shape(name, json)
    values = _flatten(name, json, shape)
    return Tensor(name=name, datatype=datatype.name, array=_read_values(name, datatype, values).reshape(shape))


def encode_tensor(tensor: Tensor) -> dict[str, Any]:
    """Encodes a tensor with flat data; NaN and infinities, which JSON lacks, become `null`."""
    flat = tensor.array.reshape(-1)
    data: list[Any] = flat.tolist()
    if tensor.array.dtype.kind == "f" and not np.isfinite(flat).all():
        data = [value if np.isfinite(value) else None for value in data]
    return {
        "name": tensor.name,
        "datatype": tensor.datatype,
        "shape": list(tensor.array.shape),
        "data": data,
    }


def _fail(tensor: str, expected: str, found: str) -> Never:
    raise RequestError(f'tensor "{tensor[:60]}": expected {expected}, found {found}')


def _show_field(json: dict[str, Any], field: str) -> str:
    return show(json[field]) if field in json else "nothing"


def _read_shape(name: str, json: dict[str, Any]) -> tuple[int, ...]:
    shape = json.get("shape")
    expected = 'a "shape" that lists whole numbers from 0'
    if not isinstance(shape, list):
        _fail(name, expected, _show_field(json, "shape"))
    if len(shape) > MAX_DIMENSIONS:
        _fail(name, f"at most {MAX_DIMENSIONS} dimensions", str(len(shape)))
    for length in shape:
        if type(length) is not int or not 0 <= length < 2**53:
            _fail(name, expected, f"{show(length)} in it")
    return tuple(shape)


def _flatten(name: str, json: dict[str, Any], shape: tuple[int, ...]) -> list[Any]:
    data = json.get("data")
    if not isinstance(data, list):
        _fail(name, '"data" that is a list', _show_field(json, "data"))
    if len(shape) > 1 and len(data) > 0 and isinstance(data[0], list):
        level: list[Any] = [data]
        for dimension, length in enumerate(shape):
            for values in level:
                if not isinstance(values, list) or len(values) != length:
                    expected = f"lists of {length} in dimension {dimension} for shape {show_shape(shape)}"
                    _fail(name, expected, show(values))
            level = list(chain.from_iterable(level))
        return level
    if len(data) != prod(shape):
        _fail(name, f"{prod(shape)} elements for shape {show_shape(shape)}", str(len(data)))
    return data


def _read_values(name: str, datatype: Datatype, values: list[Any]) -> NDArray[Any]:
    match datatype.kind:
        case "boolean":
            return _read_booleans(name, values)
        case "integer":
            return _read_integers(name, datatype, values)
        case "float":
            return _read_floats(name, datatype, values)
        case "text":
            return _read_texts(name, values)


def _read_booleans(name: str, values: list[Any]) -> NDArray[np.bool_]:
    for index, value in enumerate(values):
        if type(value) not in {bool, int, float} or value not in {0, 1}:
            _fail(name, "true or false (BOOL)", f"{show(value)} at element {index}")
    return np.array(values, dtype=np.bool_)


def _read_integers(name: str, datatype: Datatype, values: list[Any]) -> NDArray[Any]:
    limits = np.iinfo(cast("np.dtype[np.integer[Any]]", datatype.dtype))
    minimum, maximum = int(limits.min), int(limits.max)

    def fits(value: Any) -> bool:
        # A whole number may be written as 1.0; beyond 2^53 that would not be exact.
        whole = type(value) is int or (type(value) is float and value.is_integer() and abs(value) < 2**53)
        return whole and minimum <= value <= maximum

    for index, value in enumerate(values):
        if not fits(value):
            expected = f"a whole number from {minimum} to {maximum} ({datatype.name})"
            _fail(name, expected, f"{show(value)} at element {index}")
    return np.array([int(value) for value in values], dtype=datatype.dtype)


def _read_floats(name: str, datatype: Datatype, values: list[Any]) -> NDArray[Any]:
    # `True` is an `int` to Python, and "1" would be converted: only these exact types are JSON numbers.
    if set(map(type, values)) <= {int, float}:
        try:
            with np.errstate(over="ignore"):
                array = np.array(values, dtype=np.float64).astype(datatype.dtype)
        except OverflowError:
            pass
        else:
            if np.isfinite(array).all():
                return array
    for index, value in enumerate(values):
        expected = _float_expected(datatype, value)
        if expected is not None:
            _fail(name, f"{expected} ({datatype.name})", f"{show(value)} at element {index}")
    raise AssertionError(f"{values} convert one by one, but not together")


def _float_expected(datatype: Datatype, value: Any) -> str | None:
    """Describes the expected value; None if the value is valid."""
    if type(value) not in {int, float} or value in {inf, -inf} or (isinstance(value, float) and isnan(value)):
        return "a finite number"
    limit = float(np.finfo(cast("np.dtype[np.floating[Any]]", datatype.dtype)).max)
    try:
        with np.errstate(over="ignore"):
            fits = bool(np.isfinite(np.float64(value).astype(datatype.dtype)))
    except OverflowError:
        fits = False
    return None if fits else f"a number within ±{show_number(limit)}"


def _read_texts(name: str, values: list[Any]) -> NDArray[Any]:
    for index, value in enumerate(values):
        # JSON can escape half of a surrogate pair, which is not valid text.
        if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
            _fail(name, "a well-formed string (BYTES)", f"{show(value)} at element {index}")
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
