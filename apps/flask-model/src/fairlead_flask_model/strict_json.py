"""JSON by RFC 8259, without the extensions of Python's parser."""

import json
import re
from typing import Any, Never

from fairlead_flask_model.request_error import RequestError

MAX_DEPTH = 100

# Strings are skipped whole. The quantifier is possessive: a string without an end costs one pass, not a search.
_BRACKETS_AND_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


def parse_json(body: bytes) -> Any:
    """Parses a request's body: UTF-8, limited depth, no duplicate keys, no NaN or Infinity.

    Raises:
        RequestError: The body is not valid JSON of this kind.
    """
    if body == b"":
        raise RequestError("the body is empty; expected JSON")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError("the body is not UTF-8") from error
    if _nests_deeper_than(MAX_DEPTH, text):
        raise RequestError(f"the JSON nests deeper than {MAX_DEPTH}")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except ValueError as error:
        # Also numbers of more than 4,300 digits, which Python refuses.
        raise RequestError(f"the body is not JSON: {error}") from error


def _nests_deeper_than(limit: int, text: str) -> bool:
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for match in _BRACKETS_AND_STRINGS.finditer(text):
        token = match.group()
        if token in {"[", "{"}:
            depth += 1
            if depth > limit:
                return True
        elif token in {"]", "}"}:
            depth -= 1
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise RequestError(f"the JSON has the key {json.dumps(twice[:60])} twice in one object")
    return result


def _refuse_constant(name: str) -> Never:
    raise RequestError(f"the body is not JSON: {name} is not a number there")
