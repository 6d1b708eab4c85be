/** Wildcards in permissions of the construct, each with its reason; `*` in these texts stands for itself. */
export const arguedWildcards: readonly (readonly [statement: RegExp, reason: string])[] = [
  [
    /^ssm:UpdateInstanceInformation,ssmmessages:CreateControlChannel,ssmmessages:CreateDataChannel,ssmmessages:OpenControlChannel,ssmmessages:OpenDataChannel on \*$/,
    'The agent of Systems Manager; the service has no resources that a policy could name.',
  ],
  [
    /^autoscaling:CompleteLifecycleAction on arn:.*:autoScalingGroup:\*:autoScalingGroupName\/[\w-]+$/,
    "The group's own identifier isn't known before the group; its name is in the resource.",
  ],
  [
    /^s3:GetObject on arn:.*:s3:::[\w-]+\/releases\/archives\/\*\.tar$/,
    'With updates in place each release may be the one that a new host downloads.',
  ],
];
