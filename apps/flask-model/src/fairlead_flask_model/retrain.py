"""Trains a sample model on captured rows: the training command of `fairlead retrain`, which sets the variables.

`python -m fairlead_flask_model.retrain` reads the CSV file `FAIRLEAD_TRAINING_ROWS`, and writes `model.onnx`,
`metadata.json` and `heldout.json` to the folder `FAIRLEAD_TRAINING_OUTPUT`.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from fairlead_flask_model.training.captured_rows import RowsError, read_captured_rows
from fairlead_flask_model.training.sample_model import SAMPLE_MODELS
from fairlead_flask_model.training.train_model import train_on

# `fairlead retrain` pushes the export, and compares it with the outputs of the pipeline for the held-out rows.
WRITTEN = ("model.onnx", "metadata.json", "heldout.json")


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Trains the model that the variables name; returns the exit code."""
    name = environment["FAIRLEAD_TRAINING_MODEL"]
    samples = {sample.name: sample for sample in SAMPLE_MODELS}
    if name not in samples:
        sys.stderr.write(f"{name} is no sample model; there are {', '.join(samples)}\n")
        return 1
    sample = samples[name]
    try:
        dataset = read_captured_rows(Path(environment["FAIRLEAD_TRAINING_ROWS"]), sample.load())
    except RowsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    files = train_on(sample, dataset, seed=0)
    output = Path(environment["FAIRLEAD_TRAINING_OUTPUT"])
    for file in WRITTEN:
        (output / file).write_bytes(files[file])
    sys.stdout.write(f"{name}: trained on {len(dataset.X)} captured rows\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
