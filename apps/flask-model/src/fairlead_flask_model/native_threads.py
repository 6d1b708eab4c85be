"""How many threads one prediction takes inside the native libraries."""

import os

from fairlead_flask_model.settings import read_model_threads

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def limit_native_threads() -> None:
    """Sets the variables that OpenMP and BLAS read, unless whoever started the process has.

    Gunicorn has a worker for each core already: more threads would only take turns on the same cores.
    """
    threads = str(read_model_threads(os.environ))
    for variable in VARIABLES:
        os.environ.setdefault(variable, threads)
