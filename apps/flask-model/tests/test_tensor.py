import json
import random
from typing import Any

import numpy as np
import pytest

from fairlead_flask_model.datatypes import DATATYPES
from fairlead_flask_model.request_error import RequestError
from fairlead_flask_model.tensor import decode_tensor, encode_tensor


def tensor(datatype: str, data: Any, shape: Any = None) -> dict[str, Any]:
    return {"name": "x", "datatype": datatype, "shape": [len(data)] if shape is None else shape, "data": data}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, 'tensor ".unnamed.": expected an object, found null'),
        ([], "expected an object, found a list of 0"),
        ({}, 'expected a "name" that is a string and not empty, found nothing'),
        ({"name": ""}, 'a "name"'),
        ({"name": "x", "datatype": "FLOAT"}, 'a "datatype" of BOOL, .*, found "FLOAT"'),
        ({"name": "x", "datatype": ["FP32"]}, 'a "datatype"'),
        (tensor("FP32", [1], "1"), 'a "shape" that lists whole numbers from 0, found "1"'),
        (tensor("FP32", [1], [-1]), "found -1 in it"),
        (tensor("FP32", [1], [True]), "found true in it"),
        (tensor("FP32", [1], [1.0]), "found 1 in it"),
        (tensor("FP32", [1], [1] * 33), "at most 32 dimensions, found 33"),
        (tensor("FP32", {}, [1]), '"data" that is a list, found an object'),
        (tensor("FP32", [1, 2], [3]), r"3 elements for shape \[3\], found 2"),
        (tensor("FP32", [1], [2**40, 2**40]), "elements for shape"),
        (tensor("FP32", [[1, 2], [3]], [2, 2]), r"lists of 2 in dimension 1 for shape \[2,2\], found a list of 1"),
        (tensor("FP32", [[1, 2], 3], [2, 2]), "lists of 2 in dimension 1 .* found 3"),
        (tensor("FP32", [[1, 2]], [2, 2]), "lists of 2 in dimension 0"),
        (tensor("FP32", [[[1], [2]]], [1, 2]), r"a finite number \(FP32\), found a list of 1 at element 0"),
        (tensor("FP32", [1, True]), "found true at element 1"),
        (tensor("FP32", ["1"]), 'found "1" at element 0'),
        (tensor("FP32", [None]), "found null at element 0"),
        (tensor("FP32", [1e39]), "a number within ±3.4028234663852886e.38"),
        (tensor("FP16", [65520]), "a number within ±65504"),
        (
            tensor("FP64", [10**400]),
            "a number within ±1.7976931348623157e.308 .FP64., found a huge number at element 0",
        ),
        (tensor("FP64", [float("inf")]), "a finite number .FP64., found Infinity"),
        (tensor("INT64", [2**63]), "a whole number from -9223372036854775808 to 9223372036854775807"),
        (tensor("INT64", [1.5]), "found 1.5 at element 0"),
        (tensor("INT64", [1e300]), "found 1e.300 at element 0"),
        (tensor("INT64", [float("inf")]), "found Infinity at element 0"),
        (tensor("INT32", [True]), "found true at element 0"),
        (tensor("UINT8", [0, -1]), "from 0 to 255 .UINT8., found -1 at element 1"),
        (tensor("BOOL", [2]), "true or false .BOOL., found 2"),
        (tensor("BOOL", ["true"]), "true or false"),
        (tensor("BYTES", [1]), "a well-formed string .BYTES., found 1"),
        (tensor("BYTES", ["\ud800"]), "a well-formed string"),
    ],
)
def test_refuses_with_what_was_expected_and_found(value: Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        decode_tensor(value)


def test_keeps_every_digit_of_64_bit_integers() -> None:
    values = [2**63 - 1, -(2**63), 2**53 + 1]
    assert decode_tensor(tensor("INT64", values)).array.tolist() == values
    assert decode_tensor(tensor("UINT64", [2**64 - 1])).array.tolist() == [2**64 - 1]


def test_accepts_a_whole_number_written_as_a_float() -> None:
    assert decode_tensor(tensor("INT8", [1.0, -128])).array.tolist() == [1, -128]
    assert decode_tensor(tensor("BOOL", [1, 0, True, False])).array.tolist() == [True, False, True, False]


def test_accepts_empty_tensors_and_scalars() -> None:
    assert decode_tensor(tensor("FP32", [], [0, 64])).array.shape == (0, 64)
    assert decode_tensor(tensor("FP32", [[], []], [2, 0])).array.shape == (2, 0)
    assert decode_tensor(tensor("FP32", [7], [])).array.shape == ()


@pytest.mark.parametrize("datatype", list(DATATYPES))
def test_encoded_tensors_decode_to_the_same_flat_and_nested(datatype: str) -> None:
    rng = random.Random(datatype)
    info = DATATYPES[datatype]
    for _ in range(100):
        shape = [rng.randrange(1, 4) for _ in range(rng.randrange(1, 5))]
        size = int(np.prod(shape))
        if info.kind == "integer":
            limits = np.iinfo(info.dtype.name)
            values: list[Any] = [rng.choice([int(limits.min), int(limits.max), 0, 1]) for _ in range(size)]
        elif info.kind == "float":
            values = [rng.choice([0.0, -0.0, 1 / 3, 1e-7, float(np.finfo(info.dtype.name).max)]) for _ in range(size)]
        elif info.kind == "boolean":
            values = [rng.random() < 0.5 for _ in range(size)]
        else:
            values = [rng.choice(["", "é😀", '"\\']) for _ in range(size)]
        array = np.array(values, dtype=info.dtype).reshape(shape)
        first = decode_tensor({"name": "x", "datatype": datatype, "shape": shape, "data": array.tolist()})
        assert first.array.dtype == info.dtype
        encoded = json.loads(json.dumps(encode_tensor(first)))
        assert encoded["shape"] == shape
        again = decode_tensor(encoded).array
        assert again.tobytes() == array.tobytes() if info.kind != "text" else again.tolist() == array.tolist()


def test_encodes_nan_and_infinity_as_null() -> None:
    first = decode_tensor(tensor("FP32", [1, 2, 3]))
    first.array[:] = [np.nan, np.inf, 0.5]
    assert encode_tensor(first)["data"] == [None, None, 0.5]


def test_reads_or_refuses_any_value() -> None:
    rng = random.Random(1)
    leaves: list[Any] = [
        None,
        True,
        0,
        -1,
        1.5,
        10**400,
        float("inf"),
        "",
        "FP32",
        "INT64",
        [],
        {},
        [[1]],
        [1, [2]],
        "\ud800",
    ]

    def anything() -> Any:
        return rng.choice(leaves) if rng.random() < 0.7 else [rng.choice(leaves) for _ in range(rng.randrange(3))]

    for _ in range(5000):
        value = {
            "name": "x",
            "datatype": rng.choice(list(DATATYPES)),
            "shape": [rng.randrange(3)],
            "data": [anything()],
        }
        for field in ("name", "datatype", "shape", "data"):
            if rng.random() < 0.3:
                value[field] = anything()
        try:
            decoded = decode_tensor(value)
        except RequestError as error:
            assert len(str(error)) < 500
            continue
        assert list(decoded.array.shape) == value["shape"]
