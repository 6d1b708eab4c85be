"""Runs cfn-lint on each path of standard input, and prints its exit code and output as a line of JSON: rules and schemas are loaded once."""

import contextlib
import io
import json
import sys

from cfnlint.runner import main

for line in sys.stdin:
    sys.argv = ["cfn-lint", "--format", "parseable", line.rstrip("\n")]
    code = 0
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            main()
        except SystemExit as end:
            code = end.code
    print(json.dumps({"code": code, "output": out.getvalue() + errors.getvalue()}), flush=True)
