"""How values look in messages."""

import json
import math
from typing import Any

MAX_LENGTH = 60


def show(value: Any) -> str:
    """A short, quoted and bounded picture of a JSON value."""
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
    """A number without the `.0` of a whole one."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**MAX_LENGTH else "a huge number"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def show_shape(shape: tuple[int, ...]) -> str:
    """A shape as requests write it: `[2,64]`; `any` where the length varies."""
    return f"[{','.join('any' if length == -1 else str(length) for length in shape)}]"
