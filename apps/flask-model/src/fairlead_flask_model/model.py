"""A trained model with tensors as inputs and outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from fairlead_flask_model.signature import Signature
from fairlead_flask_model.signature_check import check_signature
from fairlead_flask_model.tensor import Tensor, decode_tensor

DEFAULT_TOLERANCE = 1e-4


class ModelError(Exception):
    """A model that cannot be served: its files do not match, or its golden examples fail."""


class Classifier(Protocol):
    """Part of a scikit-learn classifier that is used."""

    classes_: NDArray[Any]

    def predict_proba(self, X: NDArray[Any]) -> NDArray[Any]:
        """Probabilities of the classes, one row for each row of features."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """One version of one model.

    Attributes:
        name: Name in requests.
        version: First digits of the artifact's hash; numbers are assigned by the registry.
        signature: Its inputs and outputs.
        golden_examples: Inputs with the outputs at training.
        classifier: The Python original.
    """

    name: str
    version: str
    signature: Signature
    golden_examples: Sequence[dict[str, Any]]
    classifier: Classifier

    def predict(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Predicts a label and probabilities for each row of one input tensor.

        Raises:
            RequestError: The tensors do not fit the signature.
        """
        check_signature(self.signature.inputs, tensors)
        features = tensors[0].array
        classes = self.classifier.classes_
        # scikit-learn refuses to predict zero rows.
        probabilities = self.classifier.predict_proba(features) if len(features) > 0 else np.zeros((0, len(classes)))
        labels = classes[probabilities.argmax(axis=1)]
        label, scores = self.signature.outputs
        return [
            Tensor(name=label.name, datatype=label.datatype, array=labels.astype(np.int64)),
            Tensor(name=scores.name, datatype=scores.datatype, array=probabilities.astype(np.float32)),
        ]

    def check_golden_examples(self) -> None:
        """Predicts the golden examples and compares the outputs with those at training.

        Raises:
            ModelError: An output differs from that at training.
        """
        for index, example in enumerate(self.golden_examples):
            tolerance = float(example.get("tolerance", DEFAULT_TOLERANCE))
            outputs = self.predict([decode_tensor(tensor) for tensor in example["inputs"]])
            for output, json in zip(outputs, example["outputs"], strict=True):
                expected = decode_tensor(json)
                floating = expected.array.dtype.kind == "f"
                same = (
                    output.name == expected.name
                    and output.array.shape == expected.array.shape
                    and np.allclose(output.array, expected.array, rtol=0, atol=tolerance if floating else 0)
                )
                if not same:
                    raise ModelError(
                        f'model "{self.name}": golden example {index}: output "{output.name}" is '
                        f"{cast('list[Any]', output.array.tolist())}, expected {expected.array.tolist()}"
                    )
