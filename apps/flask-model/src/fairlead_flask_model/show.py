"""Format of values in messages."""

import json
import math
from typing import Any

MAX_LENGTH = 60


def show(value: Any) -> str:
    """Returns a short quoted text of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return show_number(value)
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_LENGTH else f'{text[: MAX_LENGTH - 3]}…"'


def show_number(value: float) -> str:
    """Formats a number, a whole one without `.0`."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**MAX_LENGTH else "a huge number"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def show_shape(shape: tuple[int, ...]) -> str:
    """Formats a shape as in requests: `[2,64]`; `any` for a variable length."""
    return f"[{','.join('any' if length == -1 else str(length) for length in shape)}]"
