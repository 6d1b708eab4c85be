"""The tensor datatypes of the Open Inference Protocol (V2) and what NumPy calls them.

Source: https://github.com/kserve/open-inference-protocol (tensor data types).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["boolean", "integer", "float", "text"]


@dataclass(frozen=True)
class Datatype:
    """One datatype; text (`BYTES`) is held as an array of `str` objects."""

    name: str
    kind: Kind
    dtype: np.dtype[np.generic]


def _table() -> dict[str, Datatype]:
    table = {"BOOL": Datatype("BOOL", "boolean", np.dtype(np.bool_))}
    for bits in (8, 16, 32, 64):
        table[f"UINT{bits}"] = Datatype(f"UINT{bits}", "integer", np.dtype(f"uint{bits}"))
        table[f"INT{bits}"] = Datatype(f"INT{bits}", "integer", np.dtype(f"int{bits}"))
    for bits in (16, 32, 64):
        table[f"FP{bits}"] = Datatype(f"FP{bits}", "float", np.dtype(f"float{bits}"))
    table["BYTES"] = Datatype("BYTES", "text", np.dtype(object))
    return table


DATATYPES = _table()
