"""Folder of a trained model: written atomically, with a stamp for the up-to-date check."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent.parent
STAMP = "stamp.json"
# Packages whose versions change the result of a training.
DISTRIBUTIONS = ("joblib", "numpy", "onnx", "onnxruntime", "scikit-learn", "scipy", "skl2onnx")


def training_key(seed: int) -> str:
    """Returns the key of a training: a hash of its seed, the sources, the frameworks and the kind of machine.

    It imports none of the frameworks, so the check of an up-to-date folder is fast.
    """
    digest = hashlib.sha256()
    digest.update(json.dumps([seed, platform.python_version(), platform.machine()]).encode())
    for distribution in DISTRIBUTIONS:
        digest.update(f"{distribution} {version(distribution)}\n".encode())
    for source in sorted(PACKAGE.rglob("*.py")):
        content = source.read_bytes()
        digest.update(f"{source.relative_to(PACKAGE)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def is_up_to_date(folder: Path, key: str) -> bool:
    """Returns whether the folder has the files that the training of that key wrote, byte for byte."""
    try:
        stamp: dict[str, Any] = json.loads((folder / STAMP).read_bytes())
        return bool(stamp["key"] == key) and all(
            _sha256((folder / name).read_bytes()) == sha256 for name, sha256 in stamp["files"].items()
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def write_folder(folder: Path, key: str, files: Mapping[str, bytes]) -> None:
    """Replaces the folder; an interruption leaves the old one, or none, but never a mixture."""
    stamp = {"key": key, "files": {name: _sha256(content) for name, content in files.items()}}
    staging = Path(tempfile.mkdtemp(prefix=_staging_prefix(folder.name), dir=folder.parent))
    staging.chmod(0o755)
    for name, content in {**files, STAMP: json.dumps(stamp, indent=2).encode()}.items():
        with (staging / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    if folder.exists():
        folder.rename(Path(tempfile.mkdtemp(prefix=_staging_prefix(folder.name), dir=folder.parent)))
    staging.rename(folder)
    _sweep(folder.parent)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Locks the folder for one training at a time; the system releases the lock of a process that died."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _sweep(folder)
        yield


def _staging_prefix(name: str) -> str:
    return f".staging-{name}-"


def _sweep(folder: Path) -> None:
    for leftover in folder.glob(f"{_staging_prefix('')[:-1]}*"):
        shutil.rmtree(leftover)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
