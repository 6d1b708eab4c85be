"""`aws` for commands of the documentation, by the SDK for Python of the test environment.

Options are those of the AWS CLI: names, lists and shorthand follow from the model of the request, and an unknown one is an error.
"""

import json
import sys

import boto3
from botocore import xform_name


def fail(message):
    sys.exit(f"aws: {message}")


def scalar(shape, text):
    if shape.type_name == "blob":
        with open(text, "rb") as file:
            return file.read()
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name == "boolean":
        return text == "true"
    if shape.type_name == "list":
        return [scalar(shape.member, text)]
    if shape.type_name == "structure":
        pairs = dict(pair.split("=", 1) for pair in text.split(","))
        for name in pairs:
            if name not in shape.members:
                fail(f"{name} is no member of {shape.name}")
        return {name: scalar(shape.members[name], value) for name, value in pairs.items()}
    if shape.type_name != "string":
        fail(f"{shape.name} is a {shape.type_name}")
    return text


_, service, operation, *words = sys.argv
client = boto3.client({"s3api": "s3"}.get(service, service))
model = client.meta.service_model
known = {xform_name(name, "-"): name for name in model.operation_names}
if operation not in known:
    fail(f"{service} has no command {operation}")
shape = model.operation_model(known[operation]).input_shape
members = {xform_name(name, "-"): name for name in (shape.members if shape else {})}
values, outputs = {}, []
while words:
    word = words.pop(0)
    if not word.startswith("--"):
        outputs.append(word)
        continue
    if word[2:] not in members:
        fail(f"{operation} has no option {word}")
    name = members[word[2:]]
    member = shape.members[name]
    if member.type_name == "list":
        values[name] = []
        while words and not words[0].startswith("--"):
            values[name].append(scalar(member.member, words.pop(0)))
    else:
        values[name] = scalar(member, words.pop(0))
response = getattr(client, xform_name(known[operation]))(**values)
if outputs:
    with open(outputs[0], "wb") as file:
        file.write(response["Body"].read())
else:
    print(json.dumps(response, default=str))
