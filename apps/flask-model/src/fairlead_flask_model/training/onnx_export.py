"""Export of a scikit-learn pipeline to ONNX."""

from typing import Any

import onnx
from onnx import TensorProto
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.common._apply_operation import apply_cast
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType
from sklearn.pipeline import Pipeline

from fairlead_flask_model.cast import Cast

# Supported by every ONNX Runtime of recent years, with all operators of the pipelines.
OPSETS = {"": 18, "ai.onnx.ml": 3}
IR_VERSION = 8

_TENSOR_TYPES = {"float32": FloatTensorType, "float64": DoubleTensorType}
_ELEMENT_TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


def export_onnx(pipeline: Pipeline, *, name: str, input_name: str, features: int, classes: int) -> bytes:
    """Converts a classifier with FP32 input [-1, features] and the outputs `label` and `probabilities`.

    The same pipeline results in the same bytes: they contain neither time nor machine.
    """
    update_registered_converter(Cast, "FairleadCast", _infer_cast_type, _convert_cast)
    model = convert_sklearn(
        pipeline,
        name=name,
        initial_types=[(input_name, FloatTensorType([None, features]))],
        final_types=[
            ("label", Int64TensorType([None])),
            ("probabilities", FloatTensorType([None, classes])),
        ],
        options={id(pipeline): {"zipmap": False}},
        target_opset=OPSETS,
    )
    model.ir_version = IR_VERSION
    # skl2onnx lists them in the order of a set, which differs from run to run.
    opsets = sorted(model.opset_import, key=lambda opset: opset.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    for tensor in [*model.graph.input, *model.graph.output]:
        tensor.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _infer_cast_type(operator: Any) -> None:
    shape = list(operator.inputs[0].type.shape)
    operator.outputs[0].type = _TENSOR_TYPES[operator.raw_operator.dtype](shape)


def _convert_cast(scope: Any, operator: Any, container: Any) -> None:
    apply_cast(
        scope,
        operator.inputs[0].full_name,
        operator.outputs[0].full_name,
        container,
        to=_ELEMENT_TYPES[operator.raw_operator.dtype],
    )
