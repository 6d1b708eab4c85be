"""Tensors as files: a list of heads as JSON, and the bytes of each as the binary extension of the Open Inference Protocol has them."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

DATATYPES = {
    "bool": "BOOL",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}


def datatype_of(array: Any) -> str | None:
    """The datatype of the protocol, or None for what it has no name for."""
    if not isinstance(array, np.ndarray):
        return None
    if array.dtype.kind in "OSU":
        return "BYTES"
    return DATATYPES.get(array.dtype.name)


def write_tensors(folder: Path, side: str, named: list[tuple[str, Any]]) -> str | None:
    """Writes tensors; returns why they can't be written, if so."""
    heads = []
    for index, (name, array) in enumerate(named):
        if isinstance(array, np.generic):
            array = np.asarray(array)
        datatype = datatype_of(array)
        if datatype is None:
            kind = array.dtype.name if isinstance(array, np.ndarray) else f"a {array}"
            return f"{name} is {kind}"
        (folder / f"{side}{index}.bin").write_bytes(_bytes_of(array, datatype))
        heads.append({"name": name, "datatype": datatype, "shape": list(array.shape)})
    (folder / f"{side}.json").write_text(json.dumps(heads))
    return None


def _bytes_of(array: Any, datatype: str) -> bytes:
    if datatype != "BYTES":
        return np.ascontiguousarray(array).tobytes()
    elements = [e if isinstance(e, bytes) else str(e).encode() for e in array.reshape(-1).tolist()]
    return b"".join(struct.pack("<I", len(each)) + each for each in elements)
