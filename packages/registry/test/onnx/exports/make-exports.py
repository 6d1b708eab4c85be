"""Exports classifiers of scikit-learn with the default options of skl2onnx (1.20.0), which make maps of the probabilities.

Run it with `pip install skl2onnx` to write them again; the tests contain the results of `predict_proba` for the flowers 0, 60 and 120.
"""

from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
x, y = load_iris(return_X_y=True)
x = x.astype(np.float32)
names = np.array(["setosa", "versicolor", "virginica"])
models = {
    "logistic-regression": (LogisticRegression(max_iter=500), y),
    "random-forest-text": (RandomForestClassifier(n_estimators=2, max_depth=2, random_state=0), names[y]),
}
for name, (model, labels) in models.items():
    model.fit(x, labels)
    (HERE / f"{name}.onnx").write_bytes(to_onnx(model, x[:1]).SerializeToString())
    print(name, model.predict_proba(x[[0, 60, 120]]).tolist())
