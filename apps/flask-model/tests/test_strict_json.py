import json
import random
from typing import Any

import pytest

from fairlead_flask_model.request_error import RequestError
from fairlead_flask_model.strict_json import MAX_DEPTH, parse_json


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"{", "not JSON"),
        (b'{"a":1}{', "not JSON"),
        (b'{"a":"\xff"}', "not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b'\xef\xbb\xbf{"a":1}', "not JSON"),
        (b"[NaN]", "NaN is not a number"),
        (b"[-Infinity]", "-Infinity is not a number"),
        (b'{"a":1,"b":{"c":1,"c":2}}', 'the key "c" twice'),
        (b"[" + b"9" * 5000 + b"]", "not JSON"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nests deeper than 100"),
        (b"[" * 1_000_000, "nests deeper than 100"),
        (b'{"a":' * 1_000_000, "nests deeper than 100"),
        (b'["' + b"\\" * 999_999, "not JSON"),
    ],
)
def test_refuses(body: bytes, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse_json(body)


def test_allows_the_full_depth_and_brackets_in_strings() -> None:
    nested = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert json.dumps(parse_json(nested)) == nested.decode()
    brackets = json.dumps(['["\\[{' * 200] * 3).encode()
    assert parse_json(brackets) == ['["\\[{' * 200] * 3


def test_reads_integers_exactly() -> None:
    assert parse_json(b"[9007199254740993,-9223372036854775808]") == [2**53 + 1, -(2**63)]


def test_reads_all_output_of_json() -> None:
    rng = random.Random(0)

    def value(depth: int) -> Any:
        kind = rng.randrange(7 if depth > 0 else 5)
        if kind == 5:
            return [value(depth - 1) for _ in range(rng.randrange(4))]
        if kind == 6:
            return {text(): value(depth - 1) for _ in range(rng.randrange(4))}
        return [None, True, rng.randint(-(10**20), 10**20), rng.uniform(-1e300, 1e300), text()][kind]

    def text() -> str:
        return "".join(rng.choice('ab"\\[]{}\n\u2028é😀') for _ in range(rng.randrange(9)))

    for _ in range(500):
        expected = value(6)
        for ascii_only in (True, False):
            assert parse_json(json.dumps(expected, ensure_ascii=ascii_only).encode()) == expected
