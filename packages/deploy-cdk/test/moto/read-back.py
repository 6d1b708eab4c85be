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


ec2, scaling, balancing = client("ec2"), client("autoscaling"), client("elbv2")
iam, s3, kms, sqs, sns = client("iam"), client("s3"), client("kms"), client("sqs"), client("sns")
image = ec2.describe_images()["Images"][0]["ImageId"]
status, resources = create_stack([("ami-0a1b2c3d4e5f67890", image)])
created = [each for each in resources if each.get("ResourceType")]


def physical(kind):
    """Identifiers of the resources of a type by their logical ones."""
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in created
        if each["ResourceType"] == kind
    }


def attributes(pairs):
    return {each["Key"]: each["Value"] for each in pairs}


def rules(permissions, names):
    return [
        {"port": each.get("FromPort"), "from": source}
        for each in permissions
        for source in [
            *[range["CidrIp"] for range in each["IpRanges"]],
            *[names[pair["GroupId"]] for pair in each["UserIdGroupPairs"]],
        ]
    ]


def network(vpc):
    in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    groups = ec2.describe_security_groups(Filters=in_vpc)["SecurityGroups"]
    names = {each["GroupId"]: each["Description"] for each in groups}
    endpoints = ec2.describe_vpc_endpoints(Filters=in_vpc)["VpcEndpoints"]
    return {
        "subnets": ec2.describe_subnets(Filters=in_vpc)["Subnets"],
        "endpoints": sorted(each["ServiceName"].split(".")[-1] for each in endpoints),
        "flowLogs": len(
            ec2.describe_flow_logs(Filter=[{"Name": "resource-id", "Values": [vpc]}])["FlowLogs"]
        ),
        "groups": {
            each["Description"]: {
                "ingress": rules(each["IpPermissions"], names),
                "egress": rules(each["IpPermissionsEgress"], names),
            }
            for each in groups
            if each["GroupName"] != "default"
        },
    }


def bucket(name):
    encryption = attempt(
        lambda: s3.get_bucket_encryption(Bucket=name), "ServerSideEncryptionConfiguration", "Rules"
    )
    return {
        "encryption": encryption[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "bucketKey": encryption[0].get("BucketKeyEnabled", False),
        "versioning": s3.get_bucket_versioning(Bucket=name).get("Status", ""),
        "logging": "LoggingEnabled" in s3.get_bucket_logging(Bucket=name),
        "publicAccessBlock": attempt(
            lambda: s3.get_public_access_block(Bucket=name), "PublicAccessBlockConfiguration"
        ),
        "policy": attempt(lambda: s3.get_bucket_policy(Bucket=name), "Policy"),
        "replication": attempt(lambda: s3.get_bucket_replication(Bucket=name), "Role"),
        "lifecycle": attempt(
            lambda: s3.get_bucket_lifecycle_configuration(Bucket=name), "Rules"
        ),
    }


def role(name):
    return {
        "trust": iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"],
        "statements": [
            statement
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
            for statement in iam.get_role_policy(RoleName=name, PolicyName=policy)[
                "PolicyDocument"
            ]["Statement"]
        ],
    }


def launch_template(identifier):
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=identifier)
    return versions["LaunchTemplateVersions"][-1]["LaunchTemplateData"]


def target_group(arn):
    [group] = balancing.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    described = balancing.describe_target_group_attributes(TargetGroupArn=arn)
    return {**group, "attributes": attributes(described["Attributes"])}


def balancer(arn):
    [listener] = balancing.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    described = balancing.describe_load_balancer_attributes(LoadBalancerArn=arn)
    return {
        "listener": listener,
        "rules": balancing.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"],
        "attributes": attributes(described["Attributes"]),
    }


def each(kind, read):
    return {name: read(identifier) for name, identifier in physical(kind).items()}


logs = client("logs").describe_log_groups()["logGroups"]
print(
    json.dumps(
        {
            "status": status,
            "created": sorted(each["LogicalResourceId"] for each in created),
            "launchTemplates": each("AWS::EC2::LaunchTemplate", launch_template),
            "groups": scaling.describe_auto_scaling_groups()["AutoScalingGroups"],
            "hooks": [
                hook
                for name in physical("AWS::AutoScaling::AutoScalingGroup").values()
                for hook in scaling.describe_lifecycle_hooks(AutoScalingGroupName=name)[
                    "LifecycleHooks"
                ]
            ],
            "schedules": scaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"],
            "balancers": each("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer),
            "targetGroups": each("AWS::ElasticLoadBalancingV2::TargetGroup", target_group),
            "networks": each("AWS::EC2::VPC", network),
            "buckets": each("AWS::S3::Bucket", bucket),
            "roles": each("AWS::IAM::Role", role),
            "keys": each(
                "AWS::KMS::Key",
                lambda key: kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
            ),
            "queues": each(
                "AWS::SQS::Queue",
                lambda url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
                    "Attributes"
                ],
            ),
            "topics": each(
                "AWS::SNS::Topic",
                lambda arn: sns.get_topic_attributes(TopicArn=arn)["Attributes"],
            ),
            "logGroups": {
                each["logGroupName"]: [each.get("retentionInDays"), "kmsKeyId" in each]
                for each in logs
            },
            "dashboards": [
                each["DashboardName"]
                for each in client("cloudwatch").list_dashboards()["DashboardEntries"]
            ],
        },
        default=str,
    )
)
