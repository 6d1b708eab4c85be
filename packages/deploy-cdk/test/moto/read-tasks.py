"""Creates a stack of tasks in moto, and prints what its API says about it. The template is its input.

Argument: address of moto.
"""

import json
import sys

from create_stack import client, create_stack

ecs, balancing, iam = client("ecs"), client("elbv2"), client("iam")
status, resources = create_stack()
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
