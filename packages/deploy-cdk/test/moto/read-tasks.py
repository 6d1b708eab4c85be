"""Creates a stack of tasks in moto, and prints what its API says about it. The template is its input.

Argument: address of moto.
"""

import json
import sys
import time

import boto3

endpoint = sys.argv[1]
session = boto3.Session("test", "test", region_name="us-east-1")


def client(name):
    return session.client(name, endpoint_url=endpoint)


formation, ecs, balancing = client("cloudformation"), client("ecs"), client("elbv2")
iam = client("iam")
# The certificate must exist first.
certificate = client("acm").request_certificate(DomainName="shop.example.com")["CertificateArn"]
ARN = "arn:aws:acm:eu-central-1:111122223333:certificate/1234"
formation.create_stack(
    StackName="Shop",
    TemplateBody=sys.stdin.read().replace(ARN, certificate),
    Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
)
for _ in range(100):
    status = formation.describe_stacks(StackName="Shop")["Stacks"][0]["StackStatus"]
    if not status.endswith("IN_PROGRESS"):
        break
    time.sleep(0.2)

resources = formation.describe_stack_resources(StackName="Shop")["StackResources"]
cluster = ecs.list_clusters()["clusterArns"][0]
services = ecs.list_services(cluster=cluster)["serviceArns"]
service = ecs.describe_services(cluster=cluster, services=services)["services"][0]
task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
target = balancing.describe_target_groups()["TargetGroups"][0]
targets = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
policies = [
    iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
    for role in iam.list_roles()["Roles"]
    for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
]
found = {
    "status": status,
    "types": [each.get("ResourceType") for each in resources],
    "service": service,
    "task": task,
    "target": target,
    "scalable": targets["ScalableTargets"],
    "policies": policies,
}
json.dump(found, sys.stdout, default=str)
