"""Schemathesis reads `/openapi.json` and sends what its schemas allow, and what they don't."""

import subprocess
import sys
from pathlib import Path

from .sample import MLFLOW, MODELS, check

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
# Not response_schema_conformance: it rewrites `prefixItems` to what isn't a schema, and refuses that. The tests of
# the library hold answers against their schemas.
CONFORMS = "not_a_server_error,status_code_conformance,content_type_conformance,unsupported_method"


@check("schemathesis: every operation of the OpenAPI document", *MODELS)
def every_operation(model):
    command = [SCHEMATHESIS, "run", f"{MLFLOW[model]}/openapi.json"]
    options = ["--checks", CONFORMS, "--max-examples", "40", "--seed", "1", "--no-color"]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, cwd="/tmp")
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
