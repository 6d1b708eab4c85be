"""Creates a stack in moto from the template on standard input."""

import sys
import time

import boto3

session = boto3.Session("test", "test", region_name="us-east-1")
CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/1234"


def client(name):
    """Client of a service of moto, whose address is the argument of the program."""
    return session.client(name, endpoint_url=sys.argv[1])


def create_stack(replacements=()):
    """Creates the stack with a certificate of moto and other replacements; returns its status and its resources."""
    formation = client("cloudformation")
    # The certificate must exist first.
    certificate = client("acm").request_certificate(DomainName="shop.example.com")
    template = sys.stdin.read()
    for old, new in [(CERTIFICATE, certificate["CertificateArn"]), *replacements]:
        template = template.replace(old, new)
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    formation.create_stack(StackName="Shop", TemplateBody=template, Capabilities=capabilities)
    for _ in range(100):
        status = formation.describe_stacks(StackName="Shop")["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(0.2)
    return status, formation.describe_stack_resources(StackName="Shop")["StackResources"]
