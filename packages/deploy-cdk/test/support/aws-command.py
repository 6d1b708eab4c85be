"""`aws s3api` for requests of the documentation, by the SDK for Python of the test environment."""

import sys

import boto3

_, _, operation, *arguments = sys.argv
method = operation.replace("-", "_")
names = {"if-none-match": "IfNoneMatch"}
values, outputs = {}, []
while arguments:
    argument = arguments.pop(0)
    if not argument.startswith("--"):
        outputs.append(argument)
        continue
    name = argument[2:]
    values[names.get(name, name.capitalize())] = arguments.pop(0)
if "Body" in values:
    with open(values["Body"], "rb") as file:
        values["Body"] = file.read()
response = getattr(boto3.client("s3"), method)(**values)
if outputs:
    with open(outputs[0], "wb") as file:
        file.write(response["Body"].read())
