import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch';
import { awsTestConnection, newBucket, s3Client, type MotoServer } from '@fairlead/test-support';
import { onTestFinished } from 'vitest';

/** Job as the proxy knows it. */
interface RunningJob {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  statusReason: string;
  exitCode: number | null;
  readonly process: ChildProcess;
}

interface Submitted {
  readonly containerOverrides?: {
    readonly command?: readonly string[];
    readonly environment?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly jobName: string;
}

/**
 * AWS Batch and S3 of moto. moto checks requests and lists jobs, but needs Docker to run them; a proxy before it runs the command
 * of each submitted job as a process, with the environment of its container alone, and answers with its state.
 */
export async function startBatch(moto: MotoServer) {
  await fetch(`${moto.endpoint}/moto-api/reset`, { method: 'POST' });
  await fetch(`${moto.endpoint}/moto-api/config`, {
    method: 'POST',
    body: JSON.stringify({ batch: { use_docker: false } }),
  });
  const role = await createRole(moto.endpoint);
  const jobs = new Map<string, RunningJob>();
  const submitted: Submitted[] = [];
  const faults = { afterSubmit: 0, statusReason: '', logGroup: '' };

  const server = createServer((request, response) => {
    void (async () => {
      const body = await readBody(request);
      const path = request.url ?? '';
      const answer = await fetch(`${moto.endpoint}${path}`, {
        method: 'POST',
        headers: headersOf(request),
        body,
      });
      let text = await answer.text();
      if (path === '/v1/submitjob' && answer.ok) {
        const order = JSON.parse(body) as Submitted;
        submitted.push(order);
        const { jobId } = JSON.parse(text) as { readonly jobId: string };
        jobs.set(jobId, runJob(order, moto.endpoint));
        if (faults.afterSubmit > 0) {
          faults.afterSubmit -= 1;
          request.socket.destroy();
          return;
        }
      }
      if (path === '/v1/terminatejob') {
        const { jobId, reason } = JSON.parse(body) as Readonly<Record<'jobId' | 'reason', string>>;
        const job = jobs.get(jobId);
        // Returned by DescribeJobs, says the reference of TerminateJob.
        if (job?.status === 'RUNNING') job.statusReason = reason;
        job?.process.kill('SIGTERM');
      }
      if (path === '/v1/describejobs') text = withStates(text, jobs, faults);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const { process } of jobs.values()) process.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    for (const { process } of jobs.values()) {
      if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
    }
  });
  const { port } = server.address() as AddressInfo;
  const batch = new BatchClient({
    endpoint: `http://127.0.0.1:${port}`,
    ...awsTestConnection,
    maxAttempts: 1,
  });
  await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'hosts',
      type: 'UNMANAGED',
      state: 'ENABLED',
      serviceRole: role,
    }),
  );
  await batch.send(
    new CreateJobQueueCommand({
      jobQueueName: 'training',
      priority: 1,
      state: 'ENABLED',
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'hosts' }],
    }),
  );
  await batch.send(
    new RegisterJobDefinitionCommand({
      ...{ jobDefinitionName: 'train', type: 'container' },
      containerProperties: { image: 'train:1', command: ['true'], vcpus: 1, memory: 512 },
    }),
  );
  const s3 = s3Client(moto.endpoint);
  return { batch, s3, bucket: await newBucket(s3), jobs, submitted, faults };
}

function runJob({ containerOverrides = {} }: Submitted, endpoint: string): RunningJob {
  const [program = '', ...args] = containerOverrides.command ?? [];
  const variables = (containerOverrides.environment ?? []).map(({ name, value }) => [name, value]);
  const child = spawn(program, args, {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      AWS_ENDPOINT: endpoint,
      ...(Object.fromEntries(variables) as Record<string, string>),
    },
  });
  const job: RunningJob = { status: 'RUNNING', statusReason: '', exitCode: null, process: child };
  child.once('exit', (code) => {
    job.status = code === 0 ? 'SUCCEEDED' : 'FAILED';
    if (code !== 0) job.statusReason ||= 'Essential container in task exited';
    job.exitCode = code;
  });
  return job;
}

/** Replaces the states of moto, which takes each job as ended, by those of the processes. */
function withStates(
  text: string,
  jobs: ReadonlyMap<string, RunningJob>,
  {
    statusReason: override,
    logGroup,
  }: { readonly statusReason: string; readonly logGroup: string },
): string {
  const document = JSON.parse(text) as { jobs: { jobId: string; container?: object }[] };
  return JSON.stringify({
    jobs: document.jobs.map((each) => {
      const { status, statusReason, exitCode } = jobs.get(each.jobId) ?? {
        status: 'FAILED',
        statusReason: 'unknown',
        exitCode: null,
      };
      const reason = override !== '' && status === 'FAILED' ? override : statusReason;
      return {
        ...each,
        status,
        statusReason: reason,
        container: {
          ...each.container,
          logStreamName: 'training/default/1',
          ...(logGroup !== '' && {
            logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': logGroup } },
          }),
          ...(exitCode !== null && { exitCode }),
        },
      };
    }),
  });
}

async function createRole(endpoint: string): Promise<string> {
  const scope = `test/20260101/${awsTestConnection.region}/iam/aws4_request`;
  const policy = encodeURIComponent('{"Version":"2012-10-17","Statement":[]}');
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: `Action=CreateRole&Version=2010-05-08&RoleName=batch&AssumeRolePolicyDocument=${policy}`,
  });
  return /<Arn>([^<]+)<\/Arn>/.exec(await answer.text())?.[1] ?? '';
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const { authorization = '' } = headers;
  return { authorization, 'content-type': 'application/json' };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
