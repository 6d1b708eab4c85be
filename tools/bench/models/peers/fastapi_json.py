"""FastAPI with orjson for requests in JSON: no model of Pydantic, which would check each number a second time."""

import numpy as np
import orjson
from bench_session import open_session, predict
from fastapi import FastAPI, Request, Response

SESSION = open_session()
app = FastAPI()


@app.post("/v2/models/m/infer")
async def infer(request: Request) -> Response:
    tensor = orjson.loads(await request.body())["inputs"][0]
    x = np.asarray(tensor["data"], np.float32).reshape(tensor["shape"])
    y = predict(SESSION, x)
    answer = {"outputs": [{"name": "y", "shape": y.shape, "datatype": "FP32", "data": y.ravel()}]}
    return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")
