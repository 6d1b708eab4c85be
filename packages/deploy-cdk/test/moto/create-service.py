"""Creates a stack in moto from the template on standard input, with an image of moto, and prints the names that commands take.

Argument: address of moto.
"""

import json

from create_stack import client, create_stack

image = client("ec2").describe_images()["Images"][0]["ImageId"]
status, _ = create_stack([("ami-0a1b2c3d4e5f67890", image)])
[group] = client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
[balancer] = client("elbv2").describe_load_balancers()["LoadBalancers"]
print(
    json.dumps(
        {
            "status": status,
            "group": group["AutoScalingGroupName"],
            "balancer": balancer["LoadBalancerArn"],
        }
    )
)
