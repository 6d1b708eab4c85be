import { randomUUID } from 'node:crypto';

import type { S3Client } from '@aws-sdk/client-s3';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { describeValue } from '@fairlead/signature';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import type { Carrier, CarrierResult, CarrierRunOptions } from './carrier.ts';
import { S3Transfer } from './s3-transfer.ts';
import { DELIVERY_MS, runSsmCommand } from './ssm-command.ts';
import { commandScript } from './ssm-script.ts';

/** Options of {@link ssmCarrier}. */
export interface SsmCarrierOptions {
  /** The instance, such as `i-0123456789abcdef0`, or `mi-…` for a machine outside EC2. */
  readonly instanceId: string;
  /** Client of Systems Manager, with region and credentials. */
  readonly ssm: SSMClient;
  /** Client of S3, with region and credentials. */
  readonly s3: S3Client;
  /** Bucket for the input and the long output of commands; each object is removed after its command. */
  readonly bucket: string;
  /** Prefix of the objects in the bucket. @defaultValue `"deploy"` */
  readonly prefix?: string;
  /** Longest pause between two questions for the result of a command, in milliseconds; the first one is an eighth of it. @defaultValue `1_000` */
  readonly pollMs?: number;
}

const TIMEOUT_MS = 600_000;
/** Parameters of a command that are longer are refused by Systems Manager. */
const MAX_SCRIPT_BYTES = 60_000;
const NOT_MANAGED =
  'the instance is not managed by Systems Manager: it has to run, with the agent, and with a role that has the policy AmazonSSMManagedInstanceCore';

/**
 * Returns the way to an instance by AWS Systems Manager, as root: no open port and no key on the instance. The input of commands, such as
 * the parts of a release, goes through S3 by addresses that are valid while the command runs; the instance itself needs no
 * access to the bucket. The lines of a command arrive when it has ended.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { SSMClient } from '@aws-sdk/client-ssm';
 * import { ssmCarrier } from '@fairlead/deploy/ssm';
 *
 * const carrier = ssmCarrier({
 *   instanceId: 'i-0123456789abcdef0',
 *   ssm: new SSMClient({ region: 'eu-central-1' }),
 *   s3: new S3Client({ region: 'eu-central-1' }),
 *   bucket: 'acme-deploy',
 * });
 * console.log(carrier.host); // i-0123456789abcdef0
 * ```
 */
export function ssmCarrier(options: SsmCarrierOptions): Carrier {
  checkOptions('ssmCarrier', options, {
    instanceId: 'required',
    ssm: 'required',
    s3: 'required',
    bucket: 'required',
    prefix: 'optional',
    pollMs: 'optional',
  });
  const { instanceId, ssm, s3, bucket, prefix = 'deploy', pollMs = 1_000 } = options;
  checkText('instanceId', 'such as "i-0123456789abcdef0"', instanceId);
  if (!/^m?i-[0-9a-f]{8,17}$/.test(instanceId)) {
    throw invalidOption(
      `Option instanceId is ${describeValue(instanceId)}: expected such as "i-0123456789abcdef0".`,
    );
  }
  checkText('bucket', 'the name of a bucket', bucket);
  checkText('prefix', 'a prefix of objects', prefix);
  if (!Number.isSafeInteger(pollMs) || pollMs < 10) {
    throw invalidOption(
      `Option pollMs is ${describeValue(pollMs)}: expected whole milliseconds, at least 10.`,
    );
  }
  for (const [name, client] of Object.entries({ ssm, s3 })) {
    if (typeof client.send === 'function') continue;
    throw invalidOption(
      `Option ${name}: expected a client of the AWS SDK for JavaScript, version 3.`,
    );
  }
  const run = async (
    argv: readonly [string, ...string[]],
    { stdin = '', timeoutMs = TIMEOUT_MS, onLine }: CarrierRunOptions = {},
  ): Promise<CarrierResult> => {
    const id = randomUUID();
    const transfer = new S3Transfer({ s3, bucket, prefix: `${prefix.replace(/\/+$/, '')}/${id}` });
    const validMs = timeoutMs + DELIVERY_MS;
    try {
      const input = stdin === '' ? undefined : await transfer.store(stdin, validMs);
      const output = await transfer.outputUrl(validMs);
      const script = commandScript(argv, { input, output }, `stored ${id}`);
      if (Buffer.byteLength(script) > MAX_SCRIPT_BYTES) {
        return failed('the arguments of the command are longer than Systems Manager allows', 126);
      }
      const result = await runSsmCommand({ ssm, instanceId, script, timeoutMs, pollMs });
      const isStored = result.stdout.trim() === `stored ${id}`;
      const stdout = isStored ? await transfer.readOutput() : result.stdout;
      if (onLine && stdout !== '') stdout.replace(/\n$/, '').split('\n').forEach(onLine);
      return { ...result, stdout };
    } catch (error) {
      return failed(describeError(error), 255);
    } finally {
      await transfer.remove();
    }
  };
  return { host: instanceId, run, close: () => Promise.resolve() };
}

function failed(stderr: string, code: number): CarrierResult {
  return { code, stdout: '', stderr };
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'InvalidInstanceId') return NOT_MANAGED;
  return `${error.name}: ${error.message}`;
}
