import { setTimeout as sleep } from 'node:timers/promises';

import {
  CancelCommandCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  type GetCommandInvocationCommandOutput,
  type SSMClient,
} from '@aws-sdk/client-ssm';

/** A command that Systems Manager runs on one instance. */
export interface SsmCommand {
  readonly ssm: SSMClient;
  readonly instanceId: string;
  readonly script: string;
  readonly timeoutMs: number;
  /** Longest pause between two questions for the result, in milliseconds. */
  readonly pollMs: number;
}

/** How a command ended. */
export interface SsmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Time for the agent to receive the command, in milliseconds; the minimum of Systems Manager is 30 s. */
export const DELIVERY_MS = 60_000;
const MAX_EXECUTION_SECONDS = 172_800;
const PENDING = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);
/** The instance can't be reached, as 255 of ssh. */
const UNREACHABLE = 255;
const ENDED = 137;
/** Most commands end at once: the first pause is shorter by this, and each next one twice as long, up to `pollMs`. */
const FIRST_PAUSE_DIVISOR = 8;

/** Sends a command, and waits for its end. Rejects with the error of the AWS SDK when it can't be sent. */
export async function runSsmCommand(command: SsmCommand): Promise<SsmResult> {
  const { ssm, instanceId, script, timeoutMs } = command;
  const executionSeconds = Math.min(Math.ceil(timeoutMs / 1_000), MAX_EXECUTION_SECONDS);
  const { Command } = await ssm.send(
    new SendCommandCommand({
      InstanceIds: [instanceId],
      DocumentName: 'AWS-RunShellScript',
      TimeoutSeconds: DELIVERY_MS / 1_000,
      Parameters: { commands: [script], executionTimeout: [String(executionSeconds)] },
    }),
  );
  const id = Command?.CommandId ?? '';
  const result = await waitForEnd(command, id, performance.now() + DELIVERY_MS + timeoutMs);
  if (result !== undefined) return resultOf(result);
  await ssm.send(new CancelCommandCommand({ CommandId: id, InstanceIds: [instanceId] }));
  return { code: ENDED, stdout: '', stderr: `ended after ${timeoutMs} ms` };
}

async function waitForEnd(
  { ssm, instanceId, pollMs }: SsmCommand,
  id: string,
  deadline: number,
): Promise<GetCommandInvocationCommandOutput | undefined> {
  const question = { CommandId: id, InstanceId: instanceId };
  let pauseMs = pollMs / FIRST_PAUSE_DIVISOR;
  while (performance.now() < deadline) {
    const found = await ssm.send(new GetCommandInvocationCommand(question)).catch(ignoreUnknown);
    if (found !== undefined && !PENDING.has(found.Status ?? 'Pending')) return found;
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, pollMs);
  }
  return undefined;
}

/** A command is unknown for a moment after it was sent. */
function ignoreUnknown(error: unknown): undefined {
  if (error instanceof Error && error.name === 'InvocationDoesNotExist') return undefined;
  throw error;
}

function resultOf(invocation: GetCommandInvocationCommandOutput): SsmResult {
  const { Status, StatusDetails = Status, ResponseCode = -1 } = invocation;
  const { StandardOutputContent: stdout = '', StandardErrorContent: stderr = '' } = invocation;
  if (Status === 'Success') return { code: 0, stdout, stderr };
  if (Status === 'Failed' && ResponseCode > 0) return { code: ResponseCode, stdout, stderr };
  const isRun = !/^(?:Delivery|Undeliverable|Terminated|InvalidPlatform|AccessDenied)/i.test(
    StatusDetails ?? '',
  );
  const note = `Systems Manager: ${StatusDetails ?? 'no status'}`;
  return { code: isRun ? ENDED : UNREACHABLE, stdout, stderr: `${stderr}${note}` };
}
