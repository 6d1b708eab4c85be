"""Training of the sample models; the service does not need it."""

import os

# ONNX Runtime from 1.30 on sends telemetry unless this variable is set before the import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
