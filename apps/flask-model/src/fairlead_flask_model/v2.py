"""Requests and responses of the Open Inference Protocol (V2, REST, JSON tensors).

Source: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead_flask_model.model import Model
from fairlead_flask_model.request_error import RequestError, UnsupportedError
from fairlead_flask_model.tensor import Tensor, decode_tensor, encode_tensor

MAX_ID_LENGTH = 1024


@dataclass(frozen=True, kw_only=True)
class InferRequest:
    """A decoded request; without `outputs`, all of them are returned."""

    id: str | None
    inputs: Sequence[Tensor]
    outputs: Sequence[str] | None


def decode_infer_request(json: Any) -> InferRequest:
    """Decodes the body of an inference request.

    Raises:
        RequestError: The body is malformed; names the expected value.
        UnsupportedError: The request uses an extension that is not supported.
    """
    if not isinstance(json, dict):
        raise RequestError('the body must be a JSON object: {"inputs":[…]}')
    identifier = json.get("id")
    if "id" in json and (not isinstance(identifier, str) or len(identifier) > MAX_ID_LENGTH):
        raise RequestError(f'"id" must be a string of at most {MAX_ID_LENGTH} characters')
    inputs = json.get("inputs")
    if not isinstance(inputs, list):
        raise RequestError('"inputs" must be a list of tensors')
    for tensor in inputs:
        _refuse_parameter(tensor, "binary_data_size", 'binary tensors are not supported; send "data"')
    return InferRequest(
        id=identifier,
        inputs=[decode_tensor(tensor) for tensor in inputs],
        outputs=_read_output_names(json["outputs"]) if "outputs" in json else None,
    )


def encode_infer_response(model: Model, identifier: str | None, outputs: Sequence[Tensor]) -> dict[str, Any]:
    """Encodes the body of the response."""
    return {
        "model_name": model.name,
        "model_version": model.version,
        **({} if identifier is None else {"id": identifier}),
        "outputs": [encode_tensor(output) for output in outputs],
    }


def requested_outputs(model: Model, names: Sequence[str] | None) -> Sequence[str]:
    """Returns the names of the requested outputs.

    Raises:
        RequestError: The model has no such output, or one is requested twice.
    """
    known = [spec.name for spec in model.signature.outputs]
    # An empty list requests all outputs, as in Triton.
    if not names:
        return known
    for name in names:
        if name not in known:
            available = ", ".join(f'"{output}"' for output in known)
            raise RequestError(f'model "{model.name}" has no output "{name[:60]}"; it has {available}')
    if len(set(names)) < len(names):
        raise RequestError("an output is requested twice")
    return names


def describe_model(model: Model) -> dict[str, Any]:
    """Returns the metadata of the model."""
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": "sklearn",
        "inputs": [spec.json for spec in model.signature.inputs],
        "outputs": [spec.json for spec in model.signature.outputs],
    }


def _read_output_names(outputs: Any) -> Sequence[str]:
    if not isinstance(outputs, list):
        raise RequestError('"outputs" must be a list of {"name":…}')
    names = []
    for output in outputs:
        name = output.get("name") if isinstance(output, dict) else None
        if not isinstance(name, str):
            raise RequestError('each of "outputs" needs a "name" that is a string')
        _refuse_parameter(output, "classification", "classification is not supported; request the scores")
        names.append(name)
    return names


def _refuse_parameter(tensor: Any, parameter: str, message: str) -> None:
    parameters = tensor.get("parameters") if isinstance(tensor, dict) else None
    if isinstance(parameters, dict) and parameter in parameters:
        raise UnsupportedError(message)
