"""How the sample models are made; the service itself needs none of it."""

import os

# ONNX Runtime from 1.30 on reports its use to its maker unless it is told not to, before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
