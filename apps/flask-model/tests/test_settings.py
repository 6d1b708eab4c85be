from pathlib import Path

import pytest

from fairlead_flask_model.settings import Settings, SettingsError, read_settings


def test_documented_defaults(tmp_path: Path) -> None:
    assert read_settings({"FAIRLEAD_MODEL_FOLDER": str(tmp_path)}) == Settings(
        model_folder=tmp_path, max_body_bytes=16 * 1024 * 1024, model_threads=1, log_level="info"
    )


def test_reads_every_setting(tmp_path: Path) -> None:
    environment = {
        "FAIRLEAD_MODEL_FOLDER": str(tmp_path),
        "FAIRLEAD_MAX_BODY_BYTES": "1000",
        "FAIRLEAD_MODEL_THREADS": "2",
        "FAIRLEAD_LOG_LEVEL": "warn",
    }
    assert read_settings(environment) == Settings(
        model_folder=tmp_path, max_body_bytes=1000, model_threads=2, log_level="warn"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAIRLEAD_MODEL_FOLDER", ""),
        ("FAIRLEAD_MODEL_FOLDER", "/there/is/no/such/folder"),
        *[
            (name, value)
            for name in ("FAIRLEAD_MAX_BODY_BYTES", "FAIRLEAD_MODEL_THREADS")
            for value in ("", "0", "-1", "1.5", "1e3", " 7", "1_000", "٣", "99999999999", "many")
        ],
        ("FAIRLEAD_LOG_LEVEL", "loud"),
    ],
)
def test_refuses_a_bad_value_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({"FAIRLEAD_MODEL_FOLDER": str(tmp_path), name: value})
