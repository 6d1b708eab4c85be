"""Trains the sample models, exports them to ONNX, and serves the Python originals with Flask."""

from fairlead_flask_model.native_threads import limit_native_threads

# Before other imports, because NumPy and scikit-learn read these variables when they are first imported.
limit_native_threads()
