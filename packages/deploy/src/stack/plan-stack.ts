import { setTimeout as sleep } from 'node:timers/promises';

import {
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  GetTemplateCommand,
  type CloudFormationClient,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { describeValue } from '@fairlead/signature';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';
import {
  changesOfChangeSet,
  MAX_STORED_TEMPLATE_BYTES,
  MAX_TEMPLATE_BYTES,
  type TemplateSource,
} from './change-set.ts';
import { templateChanges, type StackChange } from './template-changes.ts';
import { valueChange } from './value-change.ts';

/** Options of {@link planStack}. */
export interface PlanStackOptions {
  /** Client of CloudFormation, with region and credentials. */
  readonly client: CloudFormationClient;
  /** Name of the stack. */
  readonly stackName: string;
  /** Text of the template that would be deployed, in JSON. */
  readonly template: string;
  /**
   * Stores a template of more than 51,200 bytes in S3, and resolves to its URL: {@link templatesInS3}.
   *
   * @defaultValue such a template is compared with that of the stack, without a change set
   */
  readonly storeTemplate?: ((template: string) => Promise<string>) | undefined;
  /** Time for a change set, and for the detection of hand edits, in milliseconds. @defaultValue `300_000` */
  readonly timeoutMs?: number | undefined;
  /** Pause between two questions for their states, in milliseconds. @defaultValue `2_000` */
  readonly pollMs?: number | undefined;
}

/** Resource that was changed by hand. */
export interface StackDrift {
  /** Logical ID. */
  readonly subject: string;
  readonly type: string;
  /**
   * `deleted`, or the paths of the properties. Those whose values are numbers, booleans or networks have them, in the template and in the
   * account; others may be secrets.
   */
  readonly details: readonly string[];
}

/** Difference between a template and a stack. */
export interface StackPlan {
  readonly stackName: string;
  /** `new` when there is no such stack. */
  readonly method: 'change-set' | 'template' | 'new';
  /** Reason why the templates were compared, in place of a change set. */
  readonly fallback: string | undefined;
  readonly changes: readonly StackChange[];
  /** Hand edits that were found; with `driftProblem` there may be more. */
  readonly drift: readonly StackDrift[];
  /** Reason why the hand edits of some or all resources couldn't be detected. */
  readonly driftProblem: string | undefined;
}

const names = {
  client: 'required',
  stackName: 'required',
  template: 'required',
  storeTemplate: 'optional',
  timeoutMs: 'optional',
  pollMs: 'optional',
} as const;

/**
 * Compares a template with a stack: by a change set, which is deleted again, and the templates alone where a change set isn't
 * allowed, or the template is longer than 51,200 bytes (with `storeTemplate` 1,000,000) or can't be stored; and finds resources that were
 * changed by hand. Nothing is deployed.
 *
 * Needs `cloudformation:DescribeStacks`, `GetTemplate`, `CreateChangeSet`, `DescribeChangeSet`, `DeleteChangeSet`, `DetectStackDrift`,
 * `DescribeStackDriftDetectionStatus`, `DescribeStackResourceDrifts`, and for drift the right to read the resources.
 *
 * @throws DeployError `ERR_DEPLOY_STACK` when the stack can't be read, or the template isn't valid; `ERR_DEPLOY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
 * import { planStack } from '@fairlead/deploy/stack';
 *
 * const client = new CloudFormationClient({ region: 'eu-central-1' });
 * const planning = planStack({ client, stackName: 'Shop', template: 'Resources:' });
 * console.log(await planning.catch((error) => error.code)); // ERR_DEPLOY_INVALID_OPTION
 * ```
 */
export async function planStack(options: PlanStackOptions): Promise<StackPlan> {
  checkOptions('planStack', options, names);
  const { client, stackName, template, storeTemplate } = options;
  const { timeoutMs = 300_000, pollMs = 2_000 } = options;
  checkText('stackName', 'the name of a stack', stackName);
  checkText('template', 'a template in JSON', template);
  const wanted = parseTemplate(template);
  for (const [name, value] of Object.entries({ timeoutMs, pollMs })) {
    if (Number.isSafeInteger(value) && value >= 1 && value <= 3_600_000) continue;
    throw invalidOption(`Option ${name} is ${describeValue(value)}: expected whole milliseconds.`);
  }
  const stack = await describeStack(client, stackName);
  if (stack === undefined) {
    const changes = templateChanges({}, wanted);
    return {
      ...{ stackName, method: 'new', fallback: undefined, changes },
      ...{ drift: [], driftProblem: undefined },
    };
  }
  const times = { timeoutMs, pollMs };
  const compared = { client, stack, stackName, template, storeTemplate, wanted, times };
  const found = await stackChanges(compared);
  return { stackName, ...found, ...(await findDrift(client, stackName, times)) };
}

interface Times {
  readonly timeoutMs: number;
  readonly pollMs: number;
}

async function describeStack(
  client: CloudFormationClient,
  StackName: string,
): Promise<Stack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    // A change set of a new stack leaves one without resources.
    return stack?.StackStatus === 'REVIEW_IN_PROGRESS' ? undefined : stack;
  } catch (error) {
    if (error instanceof Error && /does not exist/i.test(error.message)) return undefined;
    throw stackProblem(StackName, error);
  }
}

interface Compared {
  readonly client: CloudFormationClient;
  readonly stack: Stack;
  readonly stackName: string;
  readonly template: string;
  readonly storeTemplate: PlanStackOptions['storeTemplate'];
  readonly wanted: object;
  readonly times: Times;
}

async function stackChanges(
  options: Compared,
): Promise<Pick<StackPlan, 'method' | 'fallback' | 'changes'>> {
  const { client, stackName, template, storeTemplate, wanted } = options;
  const source = await sourceOf(template, storeTemplate);
  let fallback = 'fallback' in source ? source.fallback : 'a change set is not allowed';
  if (!('fallback' in source)) {
    try {
      const changes = await changesOfChangeSet({ ...options, ...options.times, source });
      return { method: 'change-set', fallback: undefined, changes };
    } catch (error) {
      if (isUnreadable(error))
        fallback = `CloudFormation can't read the template: ${error.message}`;
      else if (!isDenied(error)) throw stackProblem(stackName, error);
    }
  }
  try {
    const { TemplateBody = '{}' } = await client.send(
      new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Original' }),
    );
    const changes = templateChanges(parseDeployed(TemplateBody), wanted);
    return { method: 'template', fallback, changes };
  } catch (error) {
    throw stackProblem(stackName, error);
  }
}

/** Returns the template as a change set gets it, or the reason why none can. */
async function sourceOf(
  template: string,
  storeTemplate: PlanStackOptions['storeTemplate'],
): Promise<TemplateSource | { readonly fallback: string }> {
  const bytes = Buffer.byteLength(template);
  if (bytes <= MAX_TEMPLATE_BYTES) return { TemplateBody: template };
  const most = storeTemplate === undefined ? MAX_TEMPLATE_BYTES : MAX_STORED_TEMPLATE_BYTES;
  if (bytes > most || storeTemplate === undefined) {
    return { fallback: `the template is longer than ${most} bytes` };
  }
  try {
    return { TemplateURL: await storeTemplate(template) };
  } catch (error) {
    // The templates can be compared without it.
    const reason = error instanceof Error ? error.message : String(error);
    return { fallback: `the template can't be stored: ${reason}` };
  }
}

/** Returns whether CloudFormation couldn't read a template in S3, such as without the permission to decrypt it. */
function isUnreadable(error: unknown): error is Error {
  return error instanceof Error && /^S3 error|TemplateURL/i.test(error.message);
}

async function findDrift(
  client: CloudFormationClient,
  StackName: string,
  { timeoutMs, pollMs }: Times,
): Promise<Pick<StackPlan, 'drift' | 'driftProblem'>> {
  const end = performance.now() + timeoutMs;
  let driftProblem: string | undefined;
  try {
    const { StackDriftDetectionId } = await client.send(new DetectStackDriftCommand({ StackName }));
    for (;;) {
      const { DetectionStatus, DetectionStatusReason = '' } = await client.send(
        new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }),
      );
      if (DetectionStatus === 'DETECTION_COMPLETE') break;
      if (DetectionStatus === 'DETECTION_FAILED') {
        // At least one resource can't be compared; the others were.
        const unknown = 'CloudFormation could not compare every resource';
        driftProblem = DetectionStatusReason === '' ? unknown : DetectionStatusReason;
        break;
      }
      if (performance.now() >= end) throw new Error(`no result within ${timeoutMs} ms`);
      await sleep(pollMs);
    }
    return { drift: await readDrift(client, StackName), driftProblem };
  } catch (error) {
    driftProblem ??= error instanceof Error ? error.message || error.name : String(error);
    return { drift: [], driftProblem };
  }
}

async function readDrift(
  client: CloudFormationClient,
  StackName: string,
): Promise<readonly StackDrift[]> {
  const drift: StackDrift[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new DescribeStackResourceDriftsCommand({
        ...{ StackName, NextToken },
        StackResourceDriftStatusFilters: ['MODIFIED', 'DELETED'],
      }),
    );
    for (const found of page.StackResourceDrifts ?? []) {
      const changed = (found.PropertyDifferences ?? []).map(
        ({ PropertyPath = '', ExpectedValue, ActualValue }) =>
          valueChange(PropertyPath, valueOf(ExpectedValue), valueOf(ActualValue)),
      );
      drift.push({
        subject: found.LogicalResourceId ?? '',
        type: found.ResourceType ?? '',
        details: found.StackResourceDriftStatus === 'DELETED' ? ['deleted'] : changed,
      });
    }
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return drift;
}

/** Returns a value of a drift; CloudFormation has `null` for none. */
function valueOf(text: string | undefined): string | undefined {
  return text === 'null' ? undefined : text;
}

function parseTemplate(template: string): object {
  const parsed = parseDeployed(template);
  if (typeof parsed === 'object' && parsed !== null && 'Resources' in parsed) return parsed;
  throw invalidOption(
    'Option template: expected a template of CloudFormation in JSON, with Resources; synthesize it with cdk synth.',
  );
}

/** Parses a template in JSON; `undefined` for one in YAML, which is compared as an empty one. */
function parseDeployed(template: string): unknown {
  try {
    return JSON.parse(template);
  } catch {
    return undefined;
  }
}

function isDenied(error: unknown): boolean {
  return (
    error instanceof Error && /AccessDenied|not authorized/i.test(`${error.name} ${error.message}`)
  );
}

function stackProblem(stackName: string, cause: unknown): DeployError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new DeployError(
    'ERR_DEPLOY_STACK',
    `The stack ${stackName} can't be compared: ${reason}. Check its name, its region (AWS_REGION), the credentials, and the template.`,
    { cause },
  );
}
