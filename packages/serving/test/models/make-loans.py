"""Makes `loans.onnx`, a logistic regression on the car-loan data of the drift tests; run it in `.venv` to make it again."""

import csv
import gzip
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, save
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
REFERENCE = HERE / "../../../drift/test/goldens/car-loan/reference.csv.gz"
NUMBERS = ["car_value", "debt_to_income_ratio", "driver_tenure", "loan_length"]
TEXTS = ["repaid_loan_on_prev_car", "salary_range", "size_of_downpayment"]

with gzip.open(REFERENCE, "rt", newline="") as file:
    rows = list(csv.DictReader(file))

numbers = np.array([[float(row[name]) for name in NUMBERS] for row in rows])
mean, scale = numbers.mean(axis=0), numbers.std(axis=0)
categories = [(name, value) for name in TEXTS for value in sorted({row[name] for row in rows})]
is_category = np.array([[row[name] == value for name, value in categories] for row in rows], "f8")
table = np.hstack([(numbers - mean) / scale, is_category])
regression = LogisticRegression(max_iter=1000, tol=1e-10).fit(table, [float(row["repaid"]) == 1 for row in rows])
weights = regression.coef_[0]
number_weights = weights[: len(NUMBERS)] / scale
# The sum of all terms is the log-odds; each term has the shape of its column.
log_odds = float(regression.intercept_[0] - mean @ number_weights)

nodes, constants, terms = [], [helper.make_tensor("intercept", TensorProto.DOUBLE, [], [log_odds])], ["intercept"]
for name, weight in zip(NUMBERS, number_weights, strict=True):
    constants.append(helper.make_tensor(f"{name}_weight", TensorProto.DOUBLE, [], [float(weight)]))
    nodes.append(helper.make_node("Mul", [name, f"{name}_weight"], [f"{name}_term"]))
    terms.append(f"{name}_term")
for name in TEXTS:
    values = {
        value: float(weight)
        for (column, value), weight in zip(categories, weights[len(NUMBERS) :], strict=True)
        if column == name
    }
    nodes += [
        helper.make_node(
            "LabelEncoder",
            [name],
            [f"{name}_float"],
            domain="ai.onnx.ml",
            keys_strings=list(values),
            values_floats=list(values.values()),
            default_float=0.0,
        ),
        helper.make_node("Cast", [f"{name}_float"], [f"{name}_term"], to=TensorProto.DOUBLE),
    ]
    terms.append(f"{name}_term")
nodes += [helper.make_node("Sum", terms, ["log_odds"]), helper.make_node("Sigmoid", ["log_odds"], ["y_pred_proba"])]

# The customer isn't used: requests have it, as those of a business do.
inputs = [(name, TensorProto.DOUBLE) for name in NUMBERS]
inputs += [(name, TensorProto.STRING) for name in [*TEXTS, "customer"]]
graph = helper.make_graph(
    nodes,
    "loans",
    [helper.make_tensor_value_info(name, kind, ["n"]) for name, kind in inputs],
    [helper.make_tensor_value_info("y_pred_proba", TensorProto.DOUBLE, ["n"])],
    constants,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)])
model.ir_version = 9
checker.check_model(model)
save(model, HERE / "loans.onnx")
