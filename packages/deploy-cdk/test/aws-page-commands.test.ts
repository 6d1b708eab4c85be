// Runs each `aws` command of docs/aws.md on a stack in moto, and reads back what it does. A command that no check is for fails the test.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { awsTestConnection, s3Client, startMoto, type MotoServer } from '@fairlead/test-support';
import { App, BootstraplessSynthesizer, Stack, type IStackSynthesizer } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ModelService } from '@fairlead/deploy-cdk';

import { shellWords } from './support/shell-words.ts';
import { propsWith } from './support/sample-stack.ts';

const root = resolve(import.meta.dirname, '../../..');
const python = join(root, '.venv/bin/python');
const read = (name: string) => readFileSync(join(root, `docs/${name}.md`), 'utf8');
const page = read('aws');
const digest = 'd'.repeat(64);

/** `aws` commands of a page with their arguments: in text, and in blocks. */
function awsCommands(text: string): readonly string[] {
  const inText = [...text.matchAll(/`(aws [a-z0-9]+ [a-z-]+ --[^`]+)`/g)];
  const inBlocks = [...text.matchAll(/^(?:\$ )?(aws [^`\n]+)$/gm)];
  return [...inText, ...inBlocks].map(([, command = '']) => command);
}

/** Service and operation of a command. */
const kindOf = (command: string): string => command.split(' ').slice(1, 3).join(' ');

interface Created {
  readonly status: string;
  readonly group: string;
  readonly balancer: string;
}

describe('each aws command of docs/aws.md', () => {
  let moto: MotoServer;
  let created: Created;
  let folder: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    moto = await startMoto();
    folder = mkdtempSync(join(tmpdir(), 'aws-page-'));
    const { credentials } = awsTestConnection;
    env = {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    const stack = new Stack(new App(), 'Shop', {
      synthesizer: new BootstraplessSynthesizer() as IStackSynthesizer,
    });
    new ModelService(stack, 'Service', {
      ...propsWith(),
      hosts: { instanceType: 'm7g.large', image: { imageId: 'ami-0a1b2c3d4e5f67890' } },
    });
    const input = JSON.stringify(Template.fromStack(stack).toJSON());
    const script = resolve(import.meta.dirname, 'moto/create-service.py');
    const result = spawnSync(python, [script, moto.endpoint], { input, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
    created = JSON.parse(result.stdout) as Created;
    mkdirSync(join(folder, 'releases'));
    writeFileSync(join(folder, `releases/${digest}.tar`), 'release');
  }, 120_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await moto.stop();
  });

  const python3 = promisify(execFile);
  /** Runs words of a command, as a shell passes them. */
  const run = (words: readonly string[]) =>
    python3(python, [join(import.meta.dirname, 'support/aws-command.py'), ...words], {
      ...{ cwd: folder, env },
    });
  /** Runs a command of the page, with the names of the stack in place of those in angle brackets. */
  const runCommand = (command: string) => {
    const [, ...words] = shellWords(
      command
        .replaceAll('<digest>', digest)
        .replaceAll('releases/….tar', `releases/${digest}.tar`)
        .replaceAll('<arn>', created.balancer)
        .replaceAll('<name>', created.group),
    );
    expect(words.join(' ')).not.toMatch(/[<>…]/);
    return run(words);
  };
  /** Reads from moto by a program in Python, whose last expression is printed as JSON. */
  const ask = async (service: string, expression: string): Promise<unknown> => {
    const program = `import json, sys, boto3\nc = boto3.client(${JSON.stringify(service)})\nname, arn = sys.argv[1:]\nprint(json.dumps(${expression}, default=str))`;
    const argv = ['-c', program, created.group, created.balancer];
    const { stdout } = await python3(python, argv, { cwd: folder, env });
    return JSON.parse(stdout);
  };
  const group =
    "c.describe_auto_scaling_groups(AutoScalingGroupNames=[name])['AutoScalingGroups'][0]";

  /** Checks of commands with what they need before, by their kind; the last deletes the stack. */
  const checks: Readonly<Record<string, (command: string) => Promise<void>>> = {
    's3api put-object': async (command) => {
      const Bucket = 'acme-shop-releases';
      await s3Client(moto.endpoint).send(new CreateBucketCommand({ Bucket }));
      await runCommand(command);
      const body = `c.get_object(Bucket='acme-shop-releases', Key='releases/archives/${digest}.tar')['Body'].read().decode()`;
      expect(await ask('s3', body)).toBe('release');
      // The condition of the page: a second upload replaces nothing.
      await expect(runCommand(command)).rejects.toThrow('PreconditionFailed');
    },
    'ssm put-parameter': async (command) => {
      await runCommand(command);
      expect(
        await ask('ssm', "c.get_parameter(Name='/shop/prod/release')['Parameter']['Value']"),
      ).toBe(digest);
    },
    'iam create-open-id-connect-provider': async (command) => {
      await runCommand(command);
      const list = "c.list_open_id_connect_providers()['OpenIDConnectProviderList']";
      expect(await ask('iam', `[each['Arn'] for each in ${list}]`)).toEqual([
        'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com',
      ]);
      // As the page says of a second one.
      await expect(runCommand(command)).rejects.toThrow('EntityAlreadyExists');
    },
    'elbv2 modify-load-balancer-attributes': async (command) => {
      const attribute = ['--attributes', 'Key=deletion_protection.enabled,Value=true'];
      const change = ['elbv2', 'modify-load-balancer-attributes', '--load-balancer-arn'];
      await run([...change, created.balancer, ...attribute]);
      const value =
        "{each['Key']: each['Value'] for each in c.describe_load_balancer_attributes(LoadBalancerArn=arn)['Attributes']}['deletion_protection.enabled']";
      expect(await ask('elbv2', value)).toBe('true');
      await runCommand(command);
      expect(await ask('elbv2', value)).toBe('false');
    },
    'autoscaling resume-processes': async (command) => {
      const processes = ['HealthCheck', 'ReplaceUnhealthy', 'AZRebalance'];
      const suspend = ['autoscaling', 'suspend-processes', '--auto-scaling-group-name'];
      await run([...suspend, created.group, '--scaling-processes', ...processes]);
      await runCommand(command);
      const suspended = `[each['ProcessName'] for each in ${group}['SuspendedProcesses']]`;
      expect(await ask('autoscaling', suspended)).toEqual(['AZRebalance']);
    },
    'autoscaling describe-scaling-activities': async (command) => {
      // moto has no activities; the request is checked.
      await runCommand(command);
    },
    'cloudformation delete-stack': async (command) => {
      const state = "c.describe_stacks()['Stacks'][0]['StackStatus']";
      expect(await ask('cloudformation', state)).toBe('CREATE_COMPLETE');
      // moto begins, and can't delete the network of the stack.
      await expect(runCommand(command)).rejects.toThrow('DependencyViolation');
    },
  };

  it('is one of those that are checked, and each check is for one', () => {
    const kinds = new Set(awsCommands(page).map(kindOf));
    expect([...kinds].sort()).toEqual(Object.keys(checks).sort());
  });

  it.each(Object.entries(checks))('%s does what the page says', async (kind, check) => {
    expect(created.status).toBe('CREATE_COMPLETE');
    const commands = awsCommands(page).filter((command) => kindOf(command) === kind);
    expect(commands).not.toEqual([]);
    for (const command of commands) await check(command);
  });

  it('with an option that AWS does not have is refused', async () => {
    const words = ['ssm', 'put-parameter', '--name', '/a', '--text', 'b'];
    await expect(run(words)).rejects.toThrow('put-parameter has no option --text');
  });
});

it('each command of the CDK names a stack that the pages create', () => {
  const stacks = new Set(
    [...page.matchAll(/new Stack\(app, '(\w+)'/g)].map(([, stack = '']) => stack),
  );
  const commands = ['aws', 'recovery'].flatMap((name) =>
    [...read(name).matchAll(/(?<![\w-])npx cdk ([^`\n]+)/g)].map(([, words = '']) => words.trim()),
  );
  const known = [
    /^bootstrap(?: aws:\/\/\d{12}\/[a-z0-9-]+)?$/,
    /^synth$|^deploy --all$/,
    new RegExp(`^deploy (?:${[...stacks].join('|')})$`),
  ];
  expect(commands.length).toBeGreaterThanOrEqual(6);
  expect(commands.filter((words) => !known.some((each) => each.test(words)))).toEqual([]);
});
