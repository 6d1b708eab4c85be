import type { StackPlan } from '@fairlead/deploy/stack';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { withAwsSdk } from '../aws/with-aws-sdk.ts';
import { CliError } from '../cli-error.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { stackRegion } from '../deploy/stack-region.ts';
import { readText } from '../read-file.ts';

/** Comparison of a stack: by CloudFormation, or with a template of this machine. */
export type PlannedStack =
  | StackPlan
  | (Pick<StackPlan, 'stackName' | 'changes' | 'drift' | 'driftProblem' | 'fallback'> & {
      readonly method: 'file';
    });

/**
 * Compares the synthesized template of an environment with its stack, or with the template in a file; `undefined` without a stack.
 *
 * @throws DeployError `ERR_DEPLOY_STACK`; CliError `ERR_CLI_FILE`, `ERR_CLI_USAGE` without the AWS SDK
 */
export async function planStackOf(
  chosen: ChosenEnvironment,
  deployedTemplate: string | undefined,
): Promise<PlannedStack | undefined> {
  const { environment, resolvePath, name } = chosen;
  const { stack } = environment;
  if (stack === undefined) {
    if (deployedTemplate === undefined) return undefined;
    throw new CliError(
      'ERR_CLI_USAGE',
      `the environment "${name}" has no stack to compare with ${deployedTemplate}: set stack: { name: "Shop" }`,
    );
  }
  const path = resolvePath(stack.template ?? `cdk.out/${stack.name}.template.json`);
  const template = await readText(path, 'the template, which cdk synth writes');
  const library = await importStack();
  if (deployedTemplate !== undefined) {
    const before = parseJson(
      await readText(deployedTemplate, 'the deployed template'),
      deployedTemplate,
    );
    const changes = library.templateChanges(before, parseJson(template, path));
    return {
      ...{ stackName: stack.name, method: 'file', changes, fallback: undefined },
      ...{ drift: [], driftProblem: 'there is no account to compare with' },
    };
  }
  const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
  const client = openAwsClient(CloudFormationClient, stackRegion(chosen));
  const storeTemplate = templateStore(library, environment.releaseStore);
  try {
    return await library.planStack({ client, stackName: stack.name, template, storeTemplate });
  } finally {
    client.destroy();
  }
}

/** Returns what stores long templates beside the releases; `undefined` unless they are in S3. */
function templateStore(
  { templatesInS3 }: Awaited<ReturnType<typeof importStack>>,
  releaseStore: string | undefined,
): ((template: string) => Promise<string>) | undefined {
  if (releaseStore?.startsWith('s3://') !== true) return undefined;
  return async (template) => {
    const { S3Client } = await withAwsSdk(
      'releases in S3 need the AWS SDK: npm install @aws-sdk/client-s3',
      () => import('@aws-sdk/client-s3'),
    );
    const client = openAwsClient(S3Client);
    try {
      return await templatesInS3({ client, location: releaseStore })(template);
    } finally {
      client.destroy();
    }
  };
}

function importStack() {
  return withAwsSdk(
    'a stack needs the AWS SDK: npm install @aws-sdk/client-cloudformation, or leave the stack out with --without-stack',
    () => import('@fairlead/deploy/stack'),
  );
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('ERR_CLI_FILE', `cannot use ${path}: it is no template in JSON`, { cause });
  }
}
