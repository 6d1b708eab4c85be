"""Requests and responses of MLflow's scoring protocol, JSON only.

Source: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally (accepted input formats).
"""

from collections.abc import Sequence
from typing import Any

from fairlead_flask_model.model import Model
from fairlead_flask_model.request_error import RequestError
from fairlead_flask_model.show import show
from fairlead_flask_model.signature import TensorSpec
from fairlead_flask_model.tensor import Tensor, decode_tensor

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")


def decode_scoring_request(model: Model, json: Any) -> list[Tensor]:
    """Decodes rows of named or ordered features to the input tensor of the model.

    Raises:
        RequestError: The request is malformed, or features are missing or unknown.
    """
    if not isinstance(json, dict):
        raise RequestError(f"the body must be a JSON object with one of {', '.join(FORMATS)}")
    given = [name for name in FORMATS if name in json]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        raise RequestError(f"the body needs exactly one of {', '.join(FORMATS)}; found {found}")
    unknown = sorted(json.keys() - {*FORMATS, "params"})
    if unknown:
        raise RequestError(f"the body has the unknown field {show(unknown[0])}")
    if json.get("params"):
        raise RequestError("this model has no params")
    (spec,) = model.signature.inputs
    name = given[0]
    value = json[name]
    match name:
        case "dataframe_split":
            rows = _read_split(spec, value)
        case "dataframe_records":
            rows = _read_records(spec, name, value)
        case _:
            rows = _read_tensor_rows(spec, name, value)
    shape = [len(rows), *spec.shape[1:]]
    return [
        decode_tensor(
            {"name": spec.name, "datatype": spec.datatype, "shape": shape, "data": rows}
            if rows
            else {"name": spec.name, "datatype": spec.datatype, "shape": shape, "data": []}
        )
    ]


def encode_scoring_response(outputs: Sequence[Tensor]) -> dict[str, Any]:
    """Encodes one record for each row, as MLflow writes a data frame of predictions."""
    columns = {output.name: output.array.tolist() for output in outputs}
    rows = zip(*columns.values(), strict=True)
    return {"predictions": [dict(zip(columns, row, strict=True)) for row in rows]}


def _names(spec: TensorSpec) -> list[str]:
    return [feature.name for feature in spec.features]


def _read_list(field: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise RequestError(f"{field} must be a list; found {show(value)}")
    return value


def _read_split(spec: TensorSpec, value: Any) -> list[Any]:
    if not isinstance(value, dict) or "data" not in value:
        raise RequestError('dataframe_split must be an object: {"columns":[…],"data":[[…]]}')
    rows = _read_list("dataframe_split.data", value["data"])
    if "columns" not in value:
        return rows
    columns = _read_list("dataframe_split.columns", value["columns"])
    if not all(isinstance(column, str) for column in columns):
        raise RequestError("dataframe_split.columns must be names")
    order = _check_columns(spec, "dataframe_split.columns", columns)
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            raise RequestError(
                f"dataframe_split.data: expected {len(columns)} values in row {index}, found {show(row)}"
            )
    return [[row[position] for position in order] for row in rows]


def _read_records(spec: TensorSpec, field: str, value: Any) -> list[Any]:
    rows = []
    for index, record in enumerate(_read_list(field, value)):
        if not isinstance(record, dict):
            raise RequestError(f"{field}: expected an object in row {index}, found {show(record)}")
        _check_columns(spec, f"{field}, row {index}", list(record))
        rows.append([record[name] for name in _names(spec)])
    return rows


def _read_tensor_rows(spec: TensorSpec, field: str, value: Any) -> list[Any]:
    if isinstance(value, dict):
        if list(value) != [spec.name]:
            found = ", ".join(show(name) for name in value) or "nothing"
            raise RequestError(f'{field}: expected only the tensor "{spec.name}", found {found}')
        return _read_list(f"{field}.{spec.name}", value[spec.name])
    rows = _read_list(field, value)
    if rows and isinstance(rows[0], dict):
        return _read_records(spec, field, rows)
    return rows


def _check_columns(spec: TensorSpec, field: str, columns: list[str]) -> list[int]:
    names = _names(spec)
    missing = [name for name in names if name not in columns]
    unknown = [name for name in columns if name not in names]
    if missing:
        raise RequestError(f"{field}: missing {_list(missing)}")
    if unknown:
        raise RequestError(f"{field}: unknown {_list(unknown)}")
    if len(columns) > len(names):
        raise RequestError(f"{field}: a name occurs twice")
    return [columns.index(name) for name in names]


def _list(names: list[str]) -> str:
    shown = ", ".join(show(name) for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
