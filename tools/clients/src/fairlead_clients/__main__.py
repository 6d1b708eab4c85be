"""Calls the running sample with clients of other projects; each module in a separate process."""

import importlib
import subprocess
import sys
import traceback

from .sample import CHECKS

# tritonclient and kserve define the same protobuf messages: no process can import both.
MODULES = (
    "triton_http",
    "triton_grpc",
    "kserve_clients",
    "tensorflow_serving",
    "mlflow_scoring",
    "sagemaker_container",
    "openapi",
)


END = "end of checks"


def run_all(modules):
    """Runs each module and adds up."""
    passed = failed = 0
    for module in modules:
        command = [sys.executable, "-m", __package__, "--alone", module]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        lines = ran.stdout.splitlines()
        print(*(line for line in lines if line != END), sep="\n", flush=True)
        passed += sum(line.startswith("ok ") for line in lines)
        failed += sum(line.startswith("FAILED ") for line in lines)
        # A module that didn't finish has failed as well.
        if END not in lines:
            print(f"FAILED  {module} ended early")
            failed += 1
    print(f"\n{passed} passed, {failed} failed")
    return failed


def run_alone(module):
    importlib.import_module(f".{module}", __package__)
    for name, run in CHECKS.items():
        try:
            run()
            print(f"ok      {name}", flush=True)
        except Exception:
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(END)


if "--alone" in sys.argv:
    run_alone(sys.argv[-1])
else:
    sys.exit(1 if run_all(sys.argv[1:] or MODULES) > 0 else 0)
