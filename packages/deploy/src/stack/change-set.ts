import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  type Change,
  type CloudFormationClient,
  type Stack,
} from '@aws-sdk/client-cloudformation';

import type { StackChange } from './template-changes.ts';

/** Longest template in a request (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html). */
export const MAX_TEMPLATE_BYTES = 51_200;
/** Longest template in S3: 1 MB by the same page. */
export const MAX_STORED_TEMPLATE_BYTES = 1_000_000;

/** Reasons of CloudFormation for a change set without changes. */
const NO_CHANGES = /didn't contain changes|No updates are to be performed/i;

/** A template, or its URL in S3. */
export type TemplateSource = { readonly TemplateBody: string } | { readonly TemplateURL: string };

interface ChangeSetOptions {
  readonly client: CloudFormationClient;
  readonly stack: Stack;
  readonly stackName: string;
  readonly source: TemplateSource;
  readonly wanted: object;
  readonly timeoutMs: number;
  readonly pollMs: number;
}

/** Creates a change set, returns its changes, and deletes it again. */
export async function changesOfChangeSet({
  client,
  stack,
  stackName: StackName,
  source,
  wanted,
  timeoutMs,
  pollMs,
}: ChangeSetOptions): Promise<readonly StackChange[]> {
  const known = new Set(Object.keys((wanted as { readonly Parameters?: object }).Parameters ?? {}));
  const parameters = (stack.Parameters ?? []).flatMap(({ ParameterKey }) =>
    ParameterKey !== undefined && known.has(ParameterKey)
      ? [{ ParameterKey, UsePreviousValue: true }]
      : [],
  );
  const ChangeSetName = `fairlead-plan-${randomUUID()}`;
  const named = { StackName, ChangeSetName };
  await client.send(
    new CreateChangeSetCommand({
      ...{ ...named, ...source, ChangeSetType: 'UPDATE', Parameters: parameters },
      Description: 'Created by fairlead plan, which deletes it again.',
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
    }),
  );
  const end = performance.now() + timeoutMs;
  try {
    for (;;) {
      const { Status, StatusReason = '' } = await client.send(new DescribeChangeSetCommand(named));
      if (Status === 'CREATE_COMPLETE') return await readChanges(client, named);
      if (Status === 'FAILED' && NO_CHANGES.test(StatusReason)) return [];
      if (Status === 'FAILED') throw new Error(`the change set failed: ${StatusReason}`);
      if (performance.now() >= end) throw new Error(`no change set within ${timeoutMs} ms`);
      await sleep(pollMs);
    }
  } finally {
    // One that stays is named after this command, and changes nothing.
    await client.send(new DeleteChangeSetCommand(named)).catch(() => undefined);
  }
}

async function readChanges(
  client: CloudFormationClient,
  named: { readonly StackName: string; readonly ChangeSetName: string },
): Promise<readonly StackChange[]> {
  const changes: StackChange[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeChangeSetCommand({ ...named, NextToken }));
    changes.push(...(page.Changes ?? []).flatMap(changeOf));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return changes;
}

const ACTIONS: Readonly<Record<string, StackChange['action']>> = {
  Add: 'add',
  Import: 'add',
  Modify: 'modify',
  Dynamic: 'modify',
  Remove: 'remove',
};

const REPLACEMENTS: Readonly<Record<string, StackChange['replacement']>> = {
  True: 'yes',
  Conditional: 'maybe',
  False: 'no',
};

function changeOf({ ResourceChange: change }: Change): readonly StackChange[] {
  if (change === undefined || change.ResourceType === 'AWS::CDK::Metadata') return [];
  const details = (change.Details ?? []).flatMap(({ Target }) => {
    const { Attribute = '', Name } = Target ?? {};
    // A property whose value depends on another resource has several details.
    return [Name === undefined ? Attribute : `${Attribute}.${Name}`];
  });
  return [
    {
      action: ACTIONS[change.Action ?? ''] ?? 'modify',
      subject: change.LogicalResourceId ?? '',
      type: change.ResourceType ?? '',
      details: [...new Set(details)],
      replacement: REPLACEMENTS[change.Replacement ?? ''] ?? 'no',
    },
  ];
}
