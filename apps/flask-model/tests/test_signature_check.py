from typing import Any

import numpy as np
import pytest

from fairlead_flask_model.request_error import RequestError
from fairlead_flask_model.signature import read_signature
from fairlead_flask_model.signature_check import check_signature
from fairlead_flask_model.tensor import Tensor

SPECS = read_signature(
    {
        "inputs": [
            {
                "name": "size",
                "datatype": "FP32",
                "shape": [-1, 2],
                "range": {"min": 0},
                "features": [
                    {"name": "width", "range": {"max": 10}, "units": "mm"},
                    {"name": "grade", "categories": [1, 2, 3]},
                ],
            },
            {"name": "count", "datatype": "INT64", "shape": [-1], "range": {"min": 1, "max": 5}},
        ],
        "outputs": [],
    }
).inputs

SIZE = Tensor(name="size", datatype="FP32", array=np.array([[1, 2], [3, 3]], dtype=np.float32))
COUNT = Tensor(name="count", datatype="INT64", array=np.array([1, 5]))


def size(*rows: list[float]) -> Tensor:
    return Tensor(name="size", datatype="FP32", array=np.array(rows, dtype=np.float32))


def test_accepts_matching_tensors_in_any_order() -> None:
    check_signature(SPECS, [SIZE, COUNT])
    check_signature(SPECS, [COUNT, SIZE])
    check_signature(SPECS, [COUNT, Tensor(name="size", datatype="FP32", array=np.zeros((0, 2), np.float32))])


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ([COUNT], r'tensor "size": expected FP32 of shape \[any,2\], found no such tensor'),
        ([SIZE, COUNT, COUNT], 'tensor "count": expected each tensor once, found it again'),
        (
            [SIZE, COUNT, Tensor(name="other", datatype="INT64", array=np.array([1]))],
            'tensor "other": expected only "size", "count", found this tensor as well',
        ),
        (
            [SIZE, Tensor(name="count", datatype="INT32", array=np.array([1]))],
            'tensor "count": expected datatype INT64, found INT32',
        ),
        ([COUNT, size([1.0, 2.0, 3.0])], r"expected shape \[any,2\], found \[1,3\]"),
        ([COUNT, Tensor(name="size", datatype="FP32", array=np.zeros(2, np.float32))], r"found \[2\]"),
        ([COUNT, size([1, 1], [-0.5, 1])], 'values from 0 to Infinity, found -0.5 at element 2 .feature "width".'),
        ([COUNT, size([1, 1], [11, 1])], 'values from -Infinity to 10 mm, found 11 at element 2 .feature "width".'),
        ([COUNT, size([1, 1], [1, 4])], 'one of 1, 2, 3, found 4 at element 3 .feature "grade".'),
        ([COUNT, size([float("nan"), 1])], "values from 0 to Infinity, found nan at element 0"),
        ([SIZE, Tensor(name="count", datatype="INT64", array=np.array([1, 6]))], "from 1 to 5, found 6 at element 1"),
    ],
)
def test_names_tensor_expectation_and_finding(tensors: list[Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        check_signature(SPECS, tensors)


def test_names_every_tensor_that_does_not_match() -> None:
    with pytest.raises(RequestError, match=r'tensor "size": .*; tensor "count": '):
        check_signature(SPECS, [])
