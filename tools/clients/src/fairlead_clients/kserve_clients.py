"""kserve's own clients of the Open Inference Protocol, over REST and over gRPC."""

import asyncio

from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

from .sample import GRPC, HTTP, MODELS, bearer, check, image, same


def request_of(model, binary):
    tensor = InferInput("image", list(image.shape), "FP32")
    tensor.set_data_from_numpy(image, binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[tensor])


def same_response(response):
    found = {each.name: each.as_numpy() for each in response.outputs}
    same(found["label"], found["probabilities"])


async def rest(model, binary):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    url = f"http://{HTTP}"
    assert await client.is_server_ready(url, headers=bearer())
    assert await client.is_server_live(url, headers=bearer())
    assert await client.is_model_ready(url, model, headers=bearer())
    request = request_of(model, binary)
    same_response(await client.infer(url, request, model_name=model, headers=bearer()))
    await client.close()


async def grpc(model, binary):
    headers = [("authorization", bearer()["authorization"])]
    async with InferenceGRPCClient(GRPC) as client:
        assert await client.is_server_ready()
        assert await client.is_server_live()
        assert await client.is_model_ready(model, headers=headers)
        same_response(await client.infer(request_of(model, binary), headers=headers))


@check("kserve REST: binary tensors", *MODELS)
def rest_binary(model):
    asyncio.run(rest(model, True))


@check("kserve REST: JSON", *MODELS)
def rest_json(model):
    asyncio.run(rest(model, False))


@check("kserve gRPC: raw contents", *MODELS)
def grpc_raw(model):
    asyncio.run(grpc(model, True))


@check("kserve gRPC: typed contents", *MODELS)
def grpc_typed(model):
    asyncio.run(grpc(model, False))
