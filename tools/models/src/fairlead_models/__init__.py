"""What of `npm run test:models` is done in Python: ONNX's own test cases, models out of packages, reference answers."""
