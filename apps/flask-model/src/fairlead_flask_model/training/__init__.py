"""How the sample models are made; the service itself needs none of it."""
