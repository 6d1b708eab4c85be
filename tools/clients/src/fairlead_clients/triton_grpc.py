"""tritonclient over gRPC."""

import queue

import tritonclient.grpc as triton

from .sample import ECHO, ECHO_TYPES, GRPC, MODELS, admin, bearer, check, fails, image, same, same_echo


def client_of():
    return triton.InferenceServerClient(GRPC)


def image_input():
    tensor = triton.InferInput("image", list(image.shape), "FP32")
    tensor.set_data_from_numpy(image)
    return tensor


def same_result(result):
    same(result.as_numpy("label"), result.as_numpy("probabilities"))


def status_of(call):
    return fails(triton.InferenceServerException, call).status()


@check("tritonclient[grpc]: health and metadata", *MODELS)
def metadata(model):
    with client_of() as client:
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready(model, headers=bearer())
        assert client.get_server_metadata(headers=bearer()).name == "fairlead"
        metadata = client.get_model_metadata(model, headers=bearer())
        assert list(metadata.inputs[0].shape) == [-1, 64] and list(metadata.versions) == ["1"], metadata


@check("tritonclient[grpc]: infer, with id, version, priority and timeout", *MODELS)
def infer(model):
    with client_of() as client:
        outputs = [triton.InferRequestedOutput(name) for name in ("label", "probabilities")]
        for wanted in (outputs, None):
            result = client.infer(
                model,
                [image_input()],
                outputs=wanted,
                headers=bearer(),
                model_version="1",
                request_id="seven",
                priority=1,
                timeout=4_000_000,
                client_timeout=20,
            )
            same_result(result)
            answer = result.get_response()
            assert (answer.id, answer.model_name, answer.model_version) == ("seven", model, "1")


@check("tritonclient[grpc]: infer compressed", *MODELS)
def infer_compressed(model):
    with client_of() as client:
        for algorithm in ("gzip", "deflate"):
            same_result(
                client.infer(model, [image_input()], headers=bearer(), compression_algorithm=algorithm)
            )


@check("tritonclient[grpc]: infer asynchronously", *MODELS)
def infer_async(model):
    answers = queue.Queue()
    with client_of() as client:
        for _ in range(32):
            client.async_infer(
                model,
                [image_input()],
                lambda result, error: answers.put((result, error)),
                headers=bearer(),
            )
        for _ in range(32):
            result, error = answers.get(timeout=30)
            assert error is None, error
            same_result(result)


@check("tritonclient[grpc]: INT64, BYTES, FP16 and BOOL")
def every_storage():
    with client_of() as client:
        inputs = []
        for name, values in ECHO.items():
            tensor = triton.InferInput(name, list(values.shape), ECHO_TYPES[name])
            tensor.set_data_from_numpy(values)
            inputs.append(tensor)
        same_echo(client.infer("echo", inputs, headers=bearer()).as_numpy)


@check("tritonclient[grpc]: a timeout of a microsecond", *MODELS)
def too_short(model):
    with client_of() as client:
        call = lambda: client.infer(model, [image_input()], headers=bearer(), timeout=1)
        assert status_of(call) == "StatusCode.DEADLINE_EXCEEDED"


@check("tritonclient[grpc]: errors")
def errors():
    wrong = triton.InferInput("image", [1, 3], "FP32")
    wrong.set_data_from_numpy(image[:1, :3].copy())
    with client_of() as client:
        for model, tensor, headers, status in (
            ("absent", image_input(), bearer(), "NOT_FOUND"),
            ("digits", image_input(), {}, "UNAUTHENTICATED"),
            ("digits", image_input(), bearer("wrong"), "UNAUTHENTICATED"),
            ("digits", wrong, bearer(), "INVALID_ARGUMENT"),
        ):
            call = lambda: client.infer(model, [tensor], headers=headers)
            assert status_of(call) == f"StatusCode.{status}", model


@check("tritonclient[grpc]: what isn't spoken says so: streams, statistics, the repository")
def unimplemented():
    answers = queue.Queue()
    with client_of() as client:
        client.start_stream(lambda result, error: answers.put(error), headers=bearer())
        client.async_stream_infer("digits", [image_input()])
        error = answers.get(timeout=30)
        assert error is not None and error.status() == "StatusCode.UNIMPLEMENTED", error
        client.stop_stream()
        for call in (
            lambda: client.get_inference_statistics("digits", headers=bearer()),
            lambda: client.get_model_repository_index(headers=admin()),
            lambda: client.unload_model("digits", headers=admin()),
        ):
            assert status_of(call) == "StatusCode.UNIMPLEMENTED"
        same_result(client.infer("digits", [image_input()], headers=bearer()))
