"""What the tests share: the sample models, trained once, and the application that serves them."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fairlead_flask_model.app import create_app
from fairlead_flask_model.settings import Settings
from fairlead_flask_model.train import MODELS, main

MAX_BODY_BYTES = 100_000


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    main(["--out", str(folder)])
    return folder


@pytest.fixture(scope="session", params=MODELS)
def trained(request: pytest.FixtureRequest, model_folder: Path) -> Path:
    folder: Path = model_folder / request.param
    return folder


@pytest.fixture(scope="session")
def app(model_folder: Path) -> Flask:
    return create_app(Settings(model_folder=model_folder, max_body_bytes=MAX_BODY_BYTES))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
