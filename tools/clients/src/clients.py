"""Asks the running sample with clients that others wrote, and compares the answers with what scikit-learn said."""

import asyncio
import json
import os
import queue
import subprocess
import sys
import traceback

import numpy as np
import requests

# tritonclient and kserve define the same protobuf messages: no process can import both.
GROUP = sys.argv[1] if len(sys.argv) > 1 else None
if GROUP == "tritonclient":
    import tritonclient.grpc as triton_grpc
    import tritonclient.http as triton_http
if GROUP == "kserve":
    from kserve import (
        InferenceGRPCClient,
        InferenceRESTClient,
        InferInput,
        InferRequest,
        RESTConfig,
    )

MODEL = "digits"
KEY = os.environ["CLIENTS_KEY"]
HTTP = os.environ["CLIENTS_HTTP"]
GRPC = os.environ["CLIENTS_GRPC"]
MLFLOW = f"http://{os.environ['CLIENTS_MLFLOW']}"
SAGEMAKER = f"http://{os.environ['CLIENTS_SAGEMAKER']}"


def bearer():
    """A new one for each call: both clients write into the headers that they are given."""
    return {"authorization": f"Bearer {KEY}"}



with open(f"{os.environ['CLIENTS_STATE']}/training/{MODEL}/heldout.json") as file:
    held_out = json.load(file)
ROWS = 3
image = np.array(held_out["inputs"][0]["data"], np.float32).reshape(-1, 64)[:ROWS]
output = {each["name"]: np.array(each["data"]) for each in held_out["outputs"]}
labels = output["label"].astype(np.int64)[:ROWS]
probabilities = output["probabilities"].reshape(-1, 10)[:ROWS]


def same(label, probability):
    np.testing.assert_array_equal(np.ravel(label), labels)
    np.testing.assert_allclose(np.reshape(probability, (ROWS, 10)), probabilities, atol=1e-4)


def triton_input(module, binary=None):
    tensor = module.InferInput("image", list(image.shape), "FP32")
    if binary is None:
        tensor.set_data_from_numpy(image)
    else:
        tensor.set_data_from_numpy(image, binary_data=binary)
    return tensor


def triton_http_metadata():
    with triton_http.InferenceServerClient(HTTP) as client:
        assert client.is_server_live(headers=bearer()) and client.is_server_ready(headers=bearer())
        assert client.is_model_ready(MODEL, headers=bearer())
        assert "binary_tensor_data" in client.get_server_metadata(headers=bearer())["extensions"]
        metadata = client.get_model_metadata(MODEL, headers=bearer())
        image_input = metadata["inputs"][0]
        assert (image_input["name"], image_input["datatype"]) == ("image", "FP32"), metadata
        assert image_input["shape"] == [-1, 64], metadata


def triton_http_infer(binary):
    def check():
        with triton_http.InferenceServerClient(HTTP) as client:
            outputs = [
                triton_http.InferRequestedOutput(name, binary_data=binary)
                for name in ("label", "probabilities")
            ]
            for wanted in (outputs, None):
                inputs = [triton_input(triton_http, binary)]
                result = client.infer(MODEL, inputs, outputs=wanted, headers=bearer())
                same(result.as_numpy("label"), result.as_numpy("probabilities"))

    return check


def triton_http_compressed():
    with triton_http.InferenceServerClient(HTTP) as client:
        for algorithm in ("gzip", "deflate"):
            result = client.infer(
                MODEL,
                [triton_input(triton_http, True)],
                headers=bearer(),
                request_compression_algorithm=algorithm,
            )
            same(result.as_numpy("label"), result.as_numpy("probabilities"))


def triton_http_error():
    with triton_http.InferenceServerClient(HTTP) as client:
        try:
            client.infer("nobody", [triton_input(triton_http, True)], headers=bearer())
        except triton_http.InferenceServerException as error:
            assert "nobody" in error.message(), error
        else:
            raise AssertionError("an unknown model answered")


def triton_http_statistics():
    with triton_http.InferenceServerClient(HTTP) as client:
        stats = client.get_inference_statistics(MODEL, headers=bearer())["model_stats"]
        assert stats[0]["inference_stats"]["success"]["count"] > 0


def triton_grpc_metadata():
    with triton_grpc.InferenceServerClient(GRPC) as client:
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready(MODEL, headers=bearer())
        assert client.get_server_metadata(headers=bearer()).name == "fairlead"
        metadata = client.get_model_metadata(MODEL, headers=bearer())
        assert list(metadata.inputs[0].shape) == [-1, 64]


def triton_grpc_infer():
    with triton_grpc.InferenceServerClient(GRPC) as client:
        outputs = [triton_grpc.InferRequestedOutput(name) for name in ("label", "probabilities")]
        for wanted in (outputs, None):
            result = client.infer(
                MODEL,
                [triton_input(triton_grpc)],
                outputs=wanted,
                headers=bearer(),
                request_id="seven",
                priority=1,
                timeout=4_000_000,
                client_timeout=20,
            )
            same(result.as_numpy("label"), result.as_numpy("probabilities"))
            assert result.get_response().id == "seven"
            assert result.get_response().model_version == "1"


def triton_grpc_compressed():
    with triton_grpc.InferenceServerClient(GRPC) as client:
        result = client.infer(
            MODEL, [triton_input(triton_grpc)], headers=bearer(), compression_algorithm="gzip"
        )
        same(result.as_numpy("label"), result.as_numpy("probabilities"))


def triton_grpc_async():
    answers = queue.Queue()
    with triton_grpc.InferenceServerClient(GRPC) as client:
        for _ in range(20):
            client.async_infer(
                MODEL,
                [triton_input(triton_grpc)],
                lambda result, error: answers.put((result, error)),
                headers=bearer(),
            )
        for _ in range(20):
            result, error = answers.get(timeout=30)
            assert error is None, error
            same(result.as_numpy("label"), result.as_numpy("probabilities"))


def triton_grpc_errors():
    with triton_grpc.InferenceServerClient(GRPC) as client:
        for model, headers, status in (
            ("nobody", bearer(), "NOT_FOUND"),
            (MODEL, {}, "UNAUTHENTICATED"),
        ):
            try:
                client.infer(model, [triton_input(triton_grpc)], headers=headers)
            except triton_grpc.InferenceServerException as error:
                assert error.status() == f"StatusCode.{status}", error
            else:
                raise AssertionError(f"{status} was expected")


def kserve_request(binary):
    tensor = InferInput("image", list(image.shape), "FP32")
    tensor.set_data_from_numpy(image, binary_data=binary)
    return InferRequest(model_name=MODEL, infer_inputs=[tensor])


def check_kserve(response):
    found = {each.name: each.as_numpy() for each in response.outputs}
    same(found["label"], found["probabilities"])


def kserve_rest(binary):
    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        url = f"http://{HTTP}"
        assert await client.is_server_ready(url, headers=bearer())
        assert await client.is_server_live(url, headers=bearer())
        assert await client.is_model_ready(url, MODEL, headers=bearer())
        request = kserve_request(binary)
        check_kserve(await client.infer(url, request, model_name=MODEL, headers=bearer()))
        await client.close()

    return lambda: asyncio.run(ask())


def kserve_grpc(binary):
    async def ask():
        headers = [("authorization", bearer()["authorization"])]
        async with InferenceGRPCClient(GRPC) as client:
            assert await client.is_server_ready()
            assert await client.is_server_live()
            assert await client.is_model_ready(MODEL, headers=headers)
            check_kserve(await client.infer(kserve_request(binary), headers=headers))

    return lambda: asyncio.run(ask())


def post(url, body, **headers):
    if isinstance(body, str):
        response = requests.post(url, data=body, headers=headers, timeout=30)
    else:
        response = requests.post(url, json=body, headers=headers, timeout=30)
    assert response.status_code == 200, response.text
    return response.json()


def tensorflow_rows():
    url = f"http://{HTTP}/v1/models/{MODEL}"
    predictions = post(f"{url}:predict", {"instances": image.tolist()}, **bearer())["predictions"]
    same([each["label"] for each in predictions], [each["probabilities"] for each in predictions])


def tensorflow_columns():
    url = f"http://{HTTP}/v1/models/{MODEL}/versions/1:predict"
    body = {"signature_name": "serving_default", "inputs": {"image": image.tolist()}}
    outputs = post(url, body, **bearer())["outputs"]
    same(outputs["label"], outputs["probabilities"])


def tensorflow_status():
    url = f"http://{HTTP}/v1/models/{MODEL}"
    status = requests.get(url, headers=bearer(), timeout=30).json()["model_version_status"]
    assert status[0]["state"] == "AVAILABLE", status


def check_rows(predictions):
    if isinstance(predictions, dict):
        same(predictions["label"], predictions["probabilities"])
    else:
        same([each["label"] for each in predictions], [each["probabilities"] for each in predictions])


def mlflow_inputs():
    url = f"{MLFLOW}/invocations"
    check_rows(post(url, {"inputs": image.tolist()})["predictions"])
    check_rows(post(url, {"inputs": {"image": image.tolist()}})["predictions"])
    check_rows(post(url, {"instances": image.tolist()})["predictions"])


def mlflow_probes():
    for path in ("/ping", "/health", "/version"):
        assert requests.get(f"{MLFLOW}{path}", timeout=30).status_code == 200, path


def mlflow_error():
    response = requests.post(f"{MLFLOW}/invocations", json={"rows": []}, timeout=30)
    assert response.status_code == 400, response.text
    assert response.json()["error_code"] == "BAD_REQUEST"


def sagemaker_container():
    ping = requests.get(f"{SAGEMAKER}/ping", timeout=30)
    assert ping.status_code == 200, ping.text
    check_rows(post(f"{SAGEMAKER}/invocations", {"instances": image.tolist()})["predictions"])


CHECKS = {
    "tritonclient[http]: health and metadata": triton_http_metadata,
    "tritonclient[http]: infer with binary tensors": triton_http_infer(True),
    "tritonclient[http]: infer with JSON": triton_http_infer(False),
    "tritonclient[http]: infer compressed": triton_http_compressed,
    "tritonclient[http]: an unknown model": triton_http_error,
    "tritonclient[http]: statistics": triton_http_statistics,
    "tritonclient[grpc]: health and metadata": triton_grpc_metadata,
    "tritonclient[grpc]: infer": triton_grpc_infer,
    "tritonclient[grpc]: infer compressed": triton_grpc_compressed,
    "tritonclient[grpc]: infer asynchronously": triton_grpc_async,
    "tritonclient[grpc]: errors": triton_grpc_errors,
    "kserve REST: binary tensors": kserve_rest(True),
    "kserve REST: JSON": kserve_rest(False),
    "kserve gRPC: raw contents": kserve_grpc(True),
    "kserve gRPC: typed contents": kserve_grpc(False),
    "TensorFlow Serving: rows": tensorflow_rows,
    "TensorFlow Serving: columns of a version": tensorflow_columns,
    "TensorFlow Serving: status": tensorflow_status,
    "MLflow: inputs and instances": mlflow_inputs,
    "MLflow: ping, health and version": mlflow_probes,
    "MLflow: an error": mlflow_error,
    "SageMaker: ping and invocations": sagemaker_container,
}

GROUPS = {"tritonclient": "triton", "kserve": "kserve", "requests": ""}


def group_of(name):
    return next(group for group, start in GROUPS.items() if name.startswith(start))


def run_all():
    """Runs each group in a process of its own and adds up."""
    told = []
    for group in GROUPS:
        ran = subprocess.run([sys.executable, __file__, group], stdout=subprocess.PIPE, text=True)
        print(ran.stdout, end="", flush=True)
        told += ran.stdout.splitlines()
    passed = sum(line.startswith("ok ") for line in told)
    # A group that didn't come to its end has failed as well.
    failed = len(CHECKS) - passed
    print(f"\n{passed} passed, {failed} failed")
    return failed


def run_group():
    for name, check in CHECKS.items():
        if group_of(name) != GROUP:
            continue
        try:
            check()
            print(f"ok      {name}", flush=True)
        except Exception:
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)


if GROUP is None:
    sys.exit(1 if run_all() > 0 else 0)
run_group()
