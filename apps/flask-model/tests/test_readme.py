import re
import subprocess
import sys
from pathlib import Path

from fairlead_flask_model.settings import Settings

PROJECT = Path(__file__).parent.parent
README = (PROJECT / "README.md").read_text()


def test_the_example_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(example.splitlines()) <= 15
    output = subprocess.check_output(
        [sys.executable, "-c", example], cwd=tmp_path, env={"PYTHONPATH": str(PROJECT / "src")}, text=True
    )
    assert re.fullmatch(r"\[\d\]", output.splitlines()[-1])


def test_every_setting_is_documented_with_its_default() -> None:
    documented = set(re.findall(r"^\| `(FAIRLEAD_\w+)`", README, re.MULTILINE))
    assert documented == set(re.findall(r"`(FAIRLEAD_\w+)`", Settings.__doc__ or ""))
    assert f"`{Settings.max_body_bytes}`" in README


def test_no_lock_contains_a_download_url() -> None:
    for lock in PROJECT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "://" not in text
        assert "--index-url" not in text
        requirements = re.findall(r"^\S+==", text, re.MULTILINE)
        assert len(requirements) > 15
        assert text.count("--hash=sha256:") >= len(requirements)


def test_the_dev_lock_pins_the_versions_of_production() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==[^\\]*", (PROJECT / name).read_text(), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
