import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

import { awsTestConnection, startMoto } from '@fairlead/test-support';
import { Match } from 'aws-cdk-lib/assertions';
import { expect, it, onTestFinished } from 'vitest';

import { deploymentWith } from '../support/sample-deployment.ts';
import { isolatedProps, templateOf } from '../support/sample-stack.ts';
import { shellWords } from '../support/shell-words.ts';

const LAUNCH_TEMPLATE = 'AWS::EC2::LaunchTemplate';
const python = resolve(import.meta.dirname, '../../../../.venv/bin/python');
const command = resolve(import.meta.dirname, '../support/aws-command.py');
const execute = promisify(execFile);
const page = readFileSync(resolve(import.meta.dirname, '../../../../docs/recovery.md'), 'utf8');

/** Deployment whose registry is on the disk of its host. */
const onDisk = deploymentWith({
  gateway: {
    command: ['/opt/shop/current/bin/node', 'main.js'],
    service: { user: 'shop' },
    environment: { FAIRLEAD_REGISTRY: '/var/lib/shop/registry' },
  },
});

it('the volumes of hosts with state have the tag that AWS Backup and the page select', () => {
  const template = templateOf(isolatedProps({ deployment: onDisk, backup: {} }));
  const tag = { Key: 'fairlead:backup', Value: 'shop' };
  template.hasResourceProperties(LAUNCH_TEMPLATE, {
    LaunchTemplateData: Match.objectLike({
      TagSpecifications: Match.arrayWith([
        { ResourceType: 'volume', Tags: Match.arrayWith([tag]) },
      ]),
    }),
  });
  template.hasResourceProperties('AWS::Backup::BackupSelection', {
    BackupSelection: Match.objectLike({
      ListOfTags: [
        {
          ...{ ConditionKey: tag.Key, ConditionValue: tag.Value },
          ConditionType: 'STRINGEQUALS',
        },
      ],
    }),
  });
  expect(page).toContain(`--filters Name=tag:${tag.Key},Values=${tag.Value}\n`);
});

it('volumes without the option, or of hosts without state, have no such tag', () => {
  const without = templateOf(isolatedProps({ deployment: onDisk }));
  expect(JSON.stringify(without.findResources(LAUNCH_TEMPLATE))).not.toContain('fairlead:backup');
});

it('the commands of docs/recovery.md create a volume from the snapshot with the tag, and attach it', async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  const { credentials } = awsTestConnection;
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const read = async (expression: string): Promise<unknown> => {
    const program = `import json, boto3\nec2 = boto3.client('ec2')\nprint(json.dumps(${expression}, default=str))`;
    const { stdout } = await execute(python, ['-c', program], { env });
    return JSON.parse(stdout);
  };
  const tags =
    "[{'ResourceType': 'snapshot', 'Tags': [{'Key': 'fairlead:backup', 'Value': 'shop'}]}]";
  const zone = "'eu-central-1a'";
  const source = `ec2.create_volume(Size=8, AvailabilityZone=${zone})['VolumeId']`;
  const snapshot = String(
    await read(`ec2.create_snapshot(VolumeId=${source}, TagSpecifications=${tags})['SnapshotId']`),
  );
  const instance = String(
    await read(
      `ec2.run_instances(ImageId=ec2.describe_images()['Images'][0]['ImageId'], MinCount=1, MaxCount=1, Placement={'AvailabilityZone': ${zone}})['Instances'][0]['InstanceId']`,
    ),
  );
  const [, section = ''] = page.split('## Restore a volume\n');
  const [text = ''] = section.split('\n## ');
  const lines = [
    ...[...text.matchAll(/^\$ (aws .+)$/gm)],
    ...[...text.matchAll(/`(aws ec2 [a-z-]+ --[^`]+)`/g)],
  ].map(([, line = '']) => line);
  expect(lines).toHaveLength(4);
  const states: unknown[] = [];
  for (const line of lines) {
    const volumes = `[[v['VolumeId'], [a['InstanceId'] for a in v['Attachments']]] for v in ec2.describe_volumes(Filters=[{'Name': 'snapshot-id', 'Values': ['${snapshot}']}])['Volumes']]`;
    const before = (await read(volumes)) as readonly (readonly [string, readonly string[]])[];
    const [, ...words] = shellWords(
      line
        .replaceAll('<snapshot>', snapshot)
        .replaceAll('<instance>', instance)
        .replaceAll('<volume>', before[0]?.[0] ?? ''),
    );
    const { stdout } = await execute(python, [command, ...words], { env });
    const after = (await read(volumes)) as readonly (readonly [string, readonly string[]])[];
    states.push(
      line.includes('describe-snapshots') ? stdout.includes(snapshot) : after.map(([, of]) => of),
    );
  }
  expect(states).toEqual([true, [[]], [[instance]], [[]]]);
}, 60_000);
