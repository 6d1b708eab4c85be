"""Threads of one prediction inside the native libraries."""

import os

from fairlead_flask_model.settings import read_model_threads

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def limit_native_threads() -> None:
    """Sets the variables that OpenMP and BLAS read, unless they are already set.

    Gunicorn already has a worker for each core: more threads would only share the same cores.
    """
    threads = str(read_model_threads(os.environ))
    for variable in VARIABLES:
        os.environ.setdefault(variable, threads)
