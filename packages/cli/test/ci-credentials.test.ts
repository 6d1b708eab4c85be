import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createCiProject } from './support/ci-project.ts';
import { runBash } from './support/github-runner.ts';
import { readGitlabJobs } from './support/gitlab-runner.ts';

const ANSWER = `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>
<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>se/cr+et=</SecretAccessKey><SessionToken>to/k+en==</SessionToken></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
const REFUSAL =
  '<ErrorResponse><Error><Message>DurationSeconds exceeds the MaxSessionDuration</Message></Error></ErrorResponse>';

/** Requests for credentials. */
let requests: Record<string, string>[] = [];
let isRefused = false;
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ value: 'header.payload.sig' }));
    return;
  }
  void text(request).then((body) => {
    requests.push(Object.fromEntries(new URLSearchParams(body)));
    response.writeHead(isRefused ? 400 : 200).end(isRefused ? REFUSAL : ANSWER);
  });
});
const folders: Record<string, string> = {};
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  env = {
    PATH: process.env.PATH ?? '',
    AWS_ENDPOINT_URL_STS: address,
    AWS_REGION: 'eu-central-1',
    AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/shop',
    AWS_ROLE_SESSION_NAME: 'ci-7',
    AWS_TOKEN: 'header.payload.sig',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${address}/token?api-version=2.0`,
  };
  for (const service of ['github', 'gitlab'] as const) {
    folders[service] = await createCiProject(service);
  }
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  requests = [];
  isRefused = false;
});

/** Runs a step that prints its credentials. */
async function printCredentials(service: 'github' | 'gitlab') {
  const folder = folders[service] ?? '';
  const [exchange = ''] =
    service === 'github'
      ? ['. .github/aws-credentials.sh']
      : (readGitlabJobs(join(folder, '.gitlab-ci.yml')).staging?.before_script ?? []);
  const path = join(folder, 'step.sh');
  writeFileSync(path, `${exchange}\nenv | grep -E '^AWS_(ACCESS|SECRET|SESSION)' | sort\n`);
  return runBash(path, folder, env);
}

test.each(['github', 'gitlab'] as const)(
  'a step of %s exchanges its token once, for credentials of two hours that every program has',
  async (service) => {
    expect(await printCredentials(service)).toEqual({
      code: 0,
      output:
        'AWS_ACCESS_KEY_ID=ASIA1\nAWS_SECRET_ACCESS_KEY=se/cr+et=\nAWS_SESSION_TOKEN=to/k+en==\n',
    });
    expect(requests).toEqual([
      {
        ...{ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', DurationSeconds: '7200' },
        RoleArn: 'arn:aws:iam::111122223333:role/shop',
        RoleSessionName: 'ci-7',
        WebIdentityToken: 'header.payload.sig',
      },
    ]);
  },
);

test.each(['github', 'gitlab'] as const)(
  'a step of %s that gets no credentials fails with the reason',
  async (service) => {
    isRefused = true;
    const { code, output } = await printCredentials(service);
    expect(code).not.toBe(0);
    expect(output).toContain(
      'AWS refuses the token for arn:aws:iam::111122223333:role/shop: <ErrorResponse>',
    );
    expect(output).toContain('DurationSeconds exceeds the MaxSessionDuration');
  },
);
