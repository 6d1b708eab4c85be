import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from read_json import read_json

PATH = "/models/breast-cancer/invocations"


@pytest.fixture(scope="module")
def names(model_folder: Path) -> list[str]:
    (tensor,) = read_json(model_folder / "breast-cancer/metadata.json")["signature"]["inputs"]
    return [feature["name"] for feature in tensor["features"]]


@pytest.fixture(scope="module")
def rows(model_folder: Path) -> list[list[float]]:
    (tensor,) = read_json(model_folder / "breast-cancer/heldout.json")["inputs"]
    width = tensor["shape"][1]
    return [tensor["data"][start : start + width] for start in (0, width)]


def test_every_format_gives_the_predictions_of_the_protocol(
    client: FlaskClient, names: list[str], rows: list[list[float]], model_folder: Path
) -> None:
    label, probabilities = read_json(model_folder / "breast-cancer/heldout.json")["outputs"]
    records = [dict(zip(names, row, strict=True)) for row in rows]
    bodies: list[dict[str, Any]] = [
        {"dataframe_split": {"columns": names, "data": rows}},
        {"dataframe_split": {"columns": names[::-1], "index": [7, 8], "data": [row[::-1] for row in rows]}},
        {"dataframe_split": {"data": rows}},
        {"dataframe_records": records},
        {"dataframe_records": [dict(reversed(record.items())) for record in records], "params": {}},
        {"instances": rows},
        {"instances": records},
        {"inputs": rows},
        {"inputs": {"measurements": rows}},
    ]
    for body in bodies:
        response = client.post(PATH, json=body)
        assert response.status_code == 200, response.data
        predictions = json.loads(response.data)["predictions"]
        assert [row["label"] for row in predictions] == label["data"][:2]
        for row, start in zip(predictions, (0, 2), strict=True):
            assert row["probabilities"] == pytest.approx(probabilities["data"][start : start + 2], abs=1e-6)


def test_no_rows_give_no_predictions(client: FlaskClient) -> None:
    assert client.post(PATH, json={"instances": []}).json == {"predictions": []}


def test_names_errors(client: FlaskClient, names: list[str], rows: list[list[float]]) -> None:
    record = dict(zip(names, rows[0], strict=True))
    refused: list[tuple[Any, str]] = [
        ([], "must be a JSON object"),
        ({}, "exactly one of dataframe_split, dataframe_records, instances, inputs; found none of them"),
        ({"instances": rows, "inputs": rows}, "found instances and inputs"),
        ({"instances": rows, "input": 1}, 'the unknown field "input"'),
        ({"instances": rows, "params": {"temperature": 1}}, "has no params"),
        ({"instances": 1}, "instances must be a list; found 1"),
        ({"instances": [1, 2]}, "expected 60 elements for shape [2,30], found 2"),
        ({"instances": [rows[0][1:]]}, "lists of 30 in dimension 1"),
        ({"instances": [[-1, *rows[0][1:]]]}, 'found -1 at element 0 (feature "mean_radius")'),
        ({"inputs": {"measurement": rows}}, 'expected only the tensor "measurements", found "measurement"'),
        ({"dataframe_split": rows}, "dataframe_split must be an object"),
        ({"dataframe_split": {"columns": 1, "data": rows}}, "dataframe_split.columns must be a list"),
        ({"dataframe_split": {"columns": [1], "data": rows}}, "dataframe_split.columns must be names"),
        ({"dataframe_split": {"columns": names[2:], "data": rows}}, 'missing "mean_radius", "mean_texture"'),
        ({"dataframe_split": {"columns": [*names, "age"], "data": rows}}, 'unknown "age"'),
        ({"dataframe_split": {"columns": [*names, names[0]], "data": rows}}, "a name occurs twice"),
        ({"dataframe_split": {"columns": names, "data": [[1]]}}, "expected 30 values in row 0, found a list of 1"),
        ({"dataframe_records": [record, {}]}, "dataframe_records, row 1: missing"),
        ({"dataframe_records": [record, 7]}, "expected an object in row 1, found 7"),
        ({"dataframe_records": [{**record, "age": 1}]}, 'row 0: unknown "age"'),
        ({"dataframe_records": [{**record, names[0]: "12"}]}, 'a finite number (FP32), found "12" at element 0'),
    ]
    for body, message in refused:
        response = client.post(PATH, json=body)
        assert response.status_code == 400, body
        assert response.json is not None
        assert message in response.json["error"]


def test_refuses_csv_and_unknown_models(client: FlaskClient) -> None:
    assert client.post(PATH, data="1,2", content_type="text/csv").status_code == 415
    assert client.post("/models/none/invocations", json={}).status_code == 404
