"""Trains the sample models: `python -m fairlead_flask_model.train --out FOLDER [--seed N] [--force]`."""

import argparse
import sys
import time
from pathlib import Path

from fairlead_flask_model.training.artifact_folder import (
    is_up_to_date,
    lock_folder,
    training_key,
    write_folder,
)

MODELS = ("digits", "breast-cancer")


def main(arguments: list[str] | None = None) -> None:
    """Trains models that are not up to date, and prints a line for each model."""
    parser = argparse.ArgumentParser(
        prog="python -m fairlead_flask_model.train",
        description="Trains the sample models and exports them to ONNX.",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the models")
    parser.add_argument("--seed", type=_seed, default=0, help="default 0")
    parser.add_argument("--force", action="store_true", help="train models that are up to date too")
    options = parser.parse_args(arguments)

    key = training_key(options.seed)
    with lock_folder(options.out):
        for name in MODELS:
            folder = options.out / name
            if not options.force and is_up_to_date(folder, key):
                _print(f"{name}: up to date")
                continue
            _train(name, folder, key, options.seed)


def _train(name: str, folder: Path, key: str, seed: int) -> None:
    # These import scikit-learn and ONNX, which takes longer than the check for up-to-date models.
    from fairlead_flask_model.training.sample_model import SAMPLE_MODELS
    from fairlead_flask_model.training.train_model import train_model

    started_at = time.perf_counter()
    (sample,) = (sample for sample in SAMPLE_MODELS if sample.name == name)
    write_folder(folder, key, train_model(sample, seed))
    _print(f"{name}: trained in {time.perf_counter() - started_at:.1f} s")


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**32 - 1}")
    return int(text)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
