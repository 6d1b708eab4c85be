"""tritonclient over HTTP."""

import tritonclient.http as triton

from .sample import ECHO, ECHO_TYPES, HTTP, MODELS, admin, bearer, check, fails, image, same, same_echo


def client_of(**options):
    return triton.InferenceServerClient(HTTP, **options)


def image_input(binary):
    tensor = triton.InferInput("image", list(image.shape), "FP32")
    tensor.set_data_from_numpy(image, binary_data=binary)
    return tensor


def outputs_of(binary):
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]


def same_result(result):
    same(result.as_numpy("label"), result.as_numpy("probabilities"))


@check("tritonclient[http]: health and metadata", *MODELS)
def metadata(model):
    with client_of() as client:
        assert client.is_server_live(headers=bearer()) and client.is_server_ready(headers=bearer())
        assert client.is_model_ready(model, headers=bearer())
        assert client.is_model_ready(model, "1", headers=bearer())
        assert not client.is_model_ready(model, "7", headers=bearer())
        about = client.get_server_metadata(headers=bearer())
        assert about["name"] == "fairlead" and "binary_tensor_data" in about["extensions"], about
        metadata = client.get_model_metadata(model, headers=bearer())
        assert metadata["name"] == model and metadata["versions"] == ["1"], metadata
        first = metadata["inputs"][0]
        assert (first["name"], first["datatype"], first["shape"]) == ("image", "FP32", [-1, 64])


@check("tritonclient[http]: infer with binary tensors", *MODELS)
def infer_binary(model):
    with client_of() as client:
        for wanted in (outputs_of(True), outputs_of(False), None):
            same_result(client.infer(model, [image_input(True)], outputs=wanted, headers=bearer()))


@check("tritonclient[http]: infer with JSON", *MODELS)
def infer_json(model):
    with client_of() as client:
        for wanted in (outputs_of(True), outputs_of(False), None):
            same_result(client.infer(model, [image_input(False)], outputs=wanted, headers=bearer()))


@check("tritonclient[http]: infer compressed, both ways", *MODELS)
def infer_compressed(model):
    with client_of() as client:
        for algorithm in ("gzip", "deflate"):
            same_result(
                client.infer(
                    model,
                    [image_input(True)],
                    headers=bearer(),
                    request_compression_algorithm=algorithm,
                    response_compression_algorithm=algorithm,
                )
            )


@check("tritonclient[http]: infer asynchronously", *MODELS)
def infer_async(model):
    with client_of(concurrency=8) as client:
        pending = [client.async_infer(model, [image_input(True)], headers=bearer()) for _ in range(32)]
        for each in pending:
            same_result(each.get_result())


@check("tritonclient[http]: id, version, priority and a timeout that suffices", *MODELS)
def tuning(model):
    with client_of() as client:
        result = client.infer(
            model,
            [image_input(True)],
            model_version="1",
            request_id="seven",
            priority=1,
            timeout=4_000_000,
            headers=bearer(),
        )
        same_result(result)
        answer = result.get_response()
        assert (answer["id"], answer["model_version"]) == ("seven", "1"), answer


@check("tritonclient[http]: a timeout of a microsecond", *MODELS)
def too_short(model):
    with client_of() as client:
        error = fails(
            triton.InferenceServerException,
            lambda: client.infer(model, [image_input(True)], timeout=1, headers=bearer()),
        )
        assert error.status() == "504", error


@check("tritonclient[http]: the most likely classes", *MODELS)
def classification(model):
    with client_of() as client:
        wanted = [triton.InferRequestedOutput("probabilities", class_count=2)]
        result = client.infer(model, [image_input(True)], outputs=wanted, headers=bearer())
        for row in result.as_numpy("probabilities"):
            first, second = [each.decode().split(":") for each in row]
            assert float(first[0]) >= float(second[0]) and 0 <= int(first[1]) < 10, row


@check("tritonclient[http]: INT64, BYTES, FP16 and BOOL, binary and as JSON")
def every_storage():
    with client_of() as client:
        for binary in (True, False):
            inputs = []
            for name, values in ECHO.items():
                tensor = triton.InferInput(name, list(values.shape), ECHO_TYPES[name])
                # It refuses to write FP16 as JSON.
                tensor.set_data_from_numpy(values, binary_data=binary or name == "half")
                inputs.append(tensor)
            result = client.infer("echo", inputs, headers=bearer())
            same_echo(result.as_numpy)


@check("tritonclient[http]: errors")
def errors():
    with client_of() as client:
        for model, headers, status, said in (
            ("absent", bearer(), "404", "absent"),
            ("digits", {}, "401", "Authorization"),
            ("digits", bearer("wrong"), "401", "Authorization"),
        ):
            error = fails(
                triton.InferenceServerException,
                lambda model=model, headers=headers: client.infer(model, [image_input(True)], headers=headers),
            )
            assert error.status() == status and said in error.message(), error


@check("tritonclient[http]: statistics of one model and of all", *MODELS)
def statistics(model):
    with client_of() as client:

        def read(name):
            stats = client.get_inference_statistics(name, headers=bearer())["model_stats"]
            return next(each for each in stats if each["name"] == model)

        before = read(model)
        for _ in range(5):
            client.infer(model, [image_input(True)], headers=bearer())
        for after in (read(model), read("")):
            assert after["inference_count"] - before["inference_count"] == 5 * len(image), after
            count = {name: after["inference_stats"][name]["count"] for name in ("success", "fail")}
            assert count["success"] - before["inference_stats"]["success"]["count"] == 5, after
            assert count["fail"] == before["inference_stats"]["fail"]["count"], after
            assert after["last_inference"] > 1_700_000_000_000, after


@check("tritonclient[http]: index, unload and load, by an administrator alone")
def repository():
    name = "breast-cancer"
    with client_of() as client:
        # A key that may infer everything may not do that.
        for call in (
            lambda: client.get_model_repository_index(headers=bearer()),
            lambda: client.unload_model(name, headers=bearer()),
            lambda: client.load_model(name, headers=bearer()),
        ):
            assert fails(triton.InferenceServerException, call).status() == "403"

        def state():
            index = client.get_model_repository_index(headers=admin())
            return {each["name"]: each["state"] for each in index}[name]

        assert state() == "READY"
        client.unload_model(name, headers=admin())
        assert state() == "UNAVAILABLE"
        assert not client.is_model_ready(name, headers=bearer())
        assert client.is_model_ready("digits", headers=bearer())
        client.load_model(name, headers=admin())
        assert state() == "READY" and client.is_model_ready(name, headers=bearer())
        foreign = fails(
            triton.InferenceServerException,
            lambda: client.load_model(name, headers=admin(), config="{}"),
        )
        assert foreign.status() == "501", foreign
        unknown = fails(
            triton.InferenceServerException, lambda: client.load_model("absent", headers=admin())
        )
        assert "absent" in unknown.message(), unknown
