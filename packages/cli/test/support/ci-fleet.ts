import {
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  exposePort,
  startBalancer,
  startFleet,
  type Balancer,
  type FleetHost,
} from '@fairlead/fleet';
import { awsTestConnection, defaultVpc } from '@fairlead/test-support';
import { HOSTS, INSTANCES, type CiHost, type CiPlace } from './ci-place.ts';
import type { CiHosts } from './ci-project.ts';
import { runScriptOnHost } from './run-script-on-host.ts';

const STAGING_PORT = 8081;
const PRODUCTION_PORT = 8082;

/** Debian hosts of pipelines, with HAProxy in front of those of each environment. */
export interface CiFleet extends CiHosts {
  /** Host of staging. It receives no request of the load balancer before `balancers.staging.ready`. */
  readonly staging: FleetHost;
  readonly balancers: { readonly staging: Balancer; readonly production: Balancer };
  /** Resolves to the states of the hosts in the target group of production. */
  targets(): Promise<readonly (string | undefined)[]>;
  close(): Promise<void>;
}

/** Boots a host of staging and two of production. Steps of a pipeline run in their network. */
export async function startCiFleet(): Promise<CiFleet> {
  const fleet = await startFleet({ hosts: HOSTS.length });
  const hostOf = (name: CiHost): FleetHost => fleet.host(`h${HOSTS.indexOf(name) + 1}`);
  const staging = hostOf('s1');
  const production = [hostOf('p1'), hostOf('p2')];
  const balancers = {
    staging: await startBalancer(fleet, [staging], { port: STAGING_PORT, registered: [] }),
    production: await startBalancer(fleet, production, { port: PRODUCTION_PORT }),
  };
  const urls = new Map<string, Promise<string>>();
  /** Returns the address of a server of this machine in the network of the fleet. */
  const exposed = (url: string): Promise<string> => {
    const { origin, port } = new URL(url);
    const address = urls.get(port) ?? exposePort(fleet, Number(port)).then((found) => found.url);
    urls.set(port, address);
    return address.then((to) => url.replace(origin, to));
  };
  let group: Awaited<ReturnType<typeof createTargetGroup>> | undefined;
  /** Address of AWS for programs on the hosts. */
  let aws = '';
  return {
    ...{ staging, balancers },
    runOn: (name) => (script, timeoutMs) =>
      runScriptOnHost(hostOf(name), script, timeoutMs, {
        AWS_ENDPOINT_URL: aws,
        AWS_REGION: awsTestConnection.region,
        AWS_ACCESS_KEY_ID: awsTestConnection.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: awsTestConnection.credentials.secretAccessKey,
      }),
    async current(name) {
      const command = ['cat', '/var/lib/fairlead-deploy/state.json'];
      const { stdout } = await hostOf(name).run(command, { mayFail: true });
      return /"history":\["([0-9a-f]{64})"/.exec(stdout)?.[1];
    },
    async configure(text, place) {
      const endpoint = place.env.AWS_ENDPOINT_URL ?? '';
      await putSecrets(text, endpoint);
      group ??= await createTargetGroup(endpoint);
      const addressed = HOSTS.reduce(
        (all, name) =>
          all.replace(
            `'ssm://${INSTANCES[name]}'`,
            `{ url: 'ssm://${INSTANCES[name]}', target: '${hostOf(name).address}' }`,
          ),
        text,
      );
      return addressed
        .replace('https://staging.models.example.com', balancers.staging.url)
        .replace('https://models.example.com', balancers.production.url)
        .replace(/arn:aws:elasticloadbalancing:[^']*/, group.arn);
    },
    async variables({ env }: CiPlace) {
      aws = await exposed(env.AWS_ENDPOINT_URL ?? '');
      const entries = Object.entries(env).map(async ([name, value]) => [
        name,
        value.startsWith('http://') ? await exposed(value) : value,
      ]);
      // The cache of parts is that of this machine, with Node for the hosts.
      return {
        ...(Object.fromEntries(await Promise.all(entries)) as Record<string, string>),
        HOME: process.env.HOME ?? '',
      };
    },
    enter: (argv) => fleet.namespaces.enter(argv),
    targets: async () => (await group?.states()) ?? [],
    close: () => fleet.close(),
  };
}

/** Writes a value for each secret of a configuration into SSM Parameter Store. */
async function putSecrets(config: string, endpoint: string): Promise<void> {
  const ssm = new SSMClient({ ...awsTestConnection, endpoint });
  const [, prefix = ''] = /ssmParameter: `\/(.*)\/\$/.exec(config) ?? [];
  const values = { pepper: 'p'.repeat(32), keys: '{"keys":[]}', 'check-key': 'fl_check' };
  for (const [name, Value] of Object.entries(values)) {
    const Name = `/${prefix}/${name}`;
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
  }
  ssm.destroy();
}

async function createTargetGroup(
  endpoint: string,
): Promise<{ readonly arn: string; states(): Promise<readonly (string | undefined)[]> }> {
  const elb = new ElasticLoadBalancingV2Client({ ...awsTestConnection, endpoint });
  const { TargetGroups: [group] = [] } = await elb.send(
    new CreateTargetGroupCommand({
      ...{ Name: 'shop', Protocol: 'HTTP', Port: 80, TargetType: 'ip' },
      VpcId: await defaultVpc(endpoint),
    }),
  );
  const arn = group?.TargetGroupArn ?? '';
  return {
    arn,
    async states() {
      const { TargetHealthDescriptions: found = [] } = await elb.send(
        new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
      );
      return found.map(({ TargetHealth }) => TargetHealth?.State);
    },
  };
}
