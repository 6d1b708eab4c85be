"""Settings of the service; only this module reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOG_LEVELS = ("debug", "info", "warn", "error")


class SettingsError(Exception):
    """A missing or invalid setting; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the service.

    Attributes:
        model_folder: `FAIRLEAD_MODEL_FOLDER`, required: one folder for each model, as `train` writes them.
        max_body_bytes: `FAIRLEAD_MAX_BODY_BYTES`, default 16777216 (16 MiB): larger bodies are refused with 413.
        model_threads: `FAIRLEAD_MODEL_THREADS`, default 1: native threads of one prediction.
        log_level: `FAIRLEAD_LOG_LEVEL`, default `info`: one of debug, info, warn, error.
    """

    model_folder: Path
    max_body_bytes: int = 16 * 1024 * 1024
    model_threads: int = 1
    log_level: str = "info"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Reads the settings.

    Raises:
        SettingsError: A setting is missing or invalid.
    """
    folder = environment.get("FAIRLEAD_MODEL_FOLDER", "")
    if folder == "":
        raise SettingsError(
            "FAIRLEAD_MODEL_FOLDER is not set; set it to the folder that "
            "`python -m fairlead_flask_model.train --out FOLDER` wrote"
        )
    if not Path(folder).is_dir():
        raise SettingsError(f"FAIRLEAD_MODEL_FOLDER is {folder!r}, which is not a folder")
    log_level = environment.get("FAIRLEAD_LOG_LEVEL", Settings.log_level)
    if log_level not in LOG_LEVELS:
        raise SettingsError(f"FAIRLEAD_LOG_LEVEL is {log_level!r}; it must be one of {', '.join(LOG_LEVELS)}")
    return Settings(
        model_folder=Path(folder),
        max_body_bytes=_whole_number(
            environment, "FAIRLEAD_MAX_BODY_BYTES", Settings.max_body_bytes, maximum=2**31 - 1
        ),
        model_threads=read_model_threads(environment),
        log_level=log_level,
    )


def read_model_threads(environment: Mapping[str, str]) -> int:
    """Reads `FAIRLEAD_MODEL_THREADS`, which must be known before anything else is imported.

    Raises:
        SettingsError: It is not a whole number from 1 to 256.
    """
    return _whole_number(environment, "FAIRLEAD_MODEL_THREADS", Settings.model_threads, maximum=256)


def _whole_number(environment: Mapping[str, str], name: str, default: int, *, maximum: int) -> int:
    text = environment.get(name)
    if text is None:
        return default
    # `int` also accepts "1_000", " 7 " and digits of other scripts.
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= maximum):
        raise SettingsError(f"{name} is {text!r}; it must be a whole number from 1 to {maximum}")
    return int(text)
