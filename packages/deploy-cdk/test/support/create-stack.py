"""Creates a stack of CloudFormation from a template, and waits until it is complete."""

import sys

import boto3
from botocore.config import Config

_, name, template = sys.argv
# The simulated AWS answers when all resources are there.
client = boto3.client("cloudformation", config=Config(read_timeout=300, retries={"total_max_attempts": 1}))
with open(template) as file:
    client.create_stack(StackName=name, TemplateBody=file.read())
client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
