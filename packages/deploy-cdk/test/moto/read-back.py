"""Creates a stack in moto, and prints what its API says about it. The template is its input.

Argument: address of moto.
"""

import json

import botocore.exceptions
from create_stack import client, create_stack


def attempt(call, *names):
    try:
        value = call()
        for name in names:
            value = value[name]
        return value
    except botocore.exceptions.ClientError as error:
        return type(error).__name__


ec2, scaling = client("ec2"), client("autoscaling")
balancing, iam, s3 = client("elbv2"), client("iam"), client("s3")
image = ec2.describe_images()["Images"][0]["ImageId"]
status, resources = create_stack([("ami-0a1b2c3d4e5f67890", image)])


def physical(kind, part=""):
    for each in resources:
        if each.get("ResourceType") == kind and part in each["LogicalResourceId"]:
            return each["PhysicalResourceId"]
    return None


versions = ec2.describe_launch_template_versions(
    LaunchTemplateId=physical("AWS::EC2::LaunchTemplate")
)["LaunchTemplateVersions"]
[group] = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
[balancer] = balancing.describe_load_balancers()["LoadBalancers"]
[targets] = balancing.describe_target_groups()["TargetGroups"]
vpc = physical("AWS::EC2::VPC")
in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
groups = ec2.describe_security_groups(Filters=in_vpc)["SecurityGroups"]
names = {each["GroupId"]: each["Description"] for each in groups}
bucket = physical("AWS::S3::Bucket")
role = physical("AWS::IAM::Role", "Hosts")


def rules(permissions):
    return [
        {"port": each.get("FromPort"), "from": source}
        for each in permissions
        for source in [
            *[range["CidrIp"] for range in each["IpRanges"]],
            *[names[pair["GroupId"]] for pair in each["UserIdGroupPairs"]],
        ]
    ]


def attributes(pairs):
    return {each["Key"]: each["Value"] for each in pairs}


print(
    json.dumps(
        {
            "status": status,
            "types": sorted({each.get("ResourceType", "") for each in resources}),
            "launchTemplate": versions[-1]["LaunchTemplateData"],
            "group": group,
            "hooks": scaling.describe_lifecycle_hooks(
                AutoScalingGroupName=group["AutoScalingGroupName"]
            )["LifecycleHooks"],
            "listener": balancing.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
                "Listeners"
            ][0],
            "targetGroup": targets,
            "targetGroupAttributes": attributes(
                balancing.describe_target_group_attributes(
                    TargetGroupArn=targets["TargetGroupArn"]
                )["Attributes"]
            ),
            "balancerAttributes": attributes(
                balancing.describe_load_balancer_attributes(
                    LoadBalancerArn=balancer["LoadBalancerArn"]
                )["Attributes"]
            ),
            "groups": {
                each["Description"]: {
                    "ingress": rules(each["IpPermissions"]),
                    "egress": rules(each["IpPermissionsEgress"]),
                }
                for each in groups
                if each["GroupName"] != "default"
            },
            "rolePolicies": [
                iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
            ],
            "subnets": ec2.describe_subnets(Filters=in_vpc)["Subnets"],
            "endpoints": [
                each["ServiceName"]
                for each in ec2.describe_vpc_endpoints(Filters=in_vpc)["VpcEndpoints"]
            ],
            "flowLogs": len(ec2.describe_flow_logs()["FlowLogs"]),
            "encryption": attempt(
                lambda: s3.get_bucket_encryption(Bucket=bucket),
                "ServerSideEncryptionConfiguration",
                "Rules",
                0,
                "ApplyServerSideEncryptionByDefault",
                "SSEAlgorithm",
            ),
            "publicAccessBlock": attempt(
                lambda: s3.get_public_access_block(Bucket=bucket), "PublicAccessBlockConfiguration"
            ),
            "bucketPolicy": attempt(lambda: s3.get_bucket_policy(Bucket=bucket), "Policy"),
            "alarms": len(client("cloudwatch").describe_alarms()["MetricAlarms"]),
            "scalingPolicies": len(scaling.describe_policies()["ScalingPolicies"]),
        },
        default=str,
    )
)
