const absolutePath = 'an absolute path on the host, without ".", ".." and "//"';
const localFile = 'the path of a file on this machine';
const region = 'a region such as "eu-central-1"';

/** Descriptions of the expected values by the names of settings in an environment; `*` is a name or number that a user chooses. */
const expectations: ReadonlyMap<string, string> = new Map([
  ['', 'an object with hosts and release'],
  [
    'hosts',
    'a list of hosts, such as ["ssh://admin@10.0.0.1"], or a group such as { autoScalingGroup: "shop" }',
  ],
  ['hosts.autoScalingGroup', 'the name of an Auto Scaling group'],
  ['hosts.region', region],
  ['hosts.startTimeoutMs', 'whole milliseconds from 1000 to 3600000 (an hour)'],
  ['hosts.*', '"ssh://admin@10.0.0.1", "ssm://i-0123456789abcdef0" or "local"'],
  ['hosts.*.url', '"ssh://admin@10.0.0.1", "ssm://i-0123456789abcdef0" or "local"'],
  [
    'hosts.*.target',
    'the ID or the IP address of the target, or the name of the server of HAProxy',
  ],
  ['deployment', 'the result of defineDeployment()'],
  ['release', 'an object such as { entry: "service.ts" }'],
  ['release.entry', 'the path of the module that starts the application, .ts or .js'],
  ['release.platform', '"linux-x64" or "linux-arm64"'],
  ['release.out', 'the path of a folder on this machine'],
  ['release.nodeVersion', 'a version such as "24.21.0"'],
  ['release.external', 'a list of packages, such as ["onnxruntime-node"]'],
  ['release.external.*', 'the name of a package'],
  ['release.conditions', 'a list of conditions'],
  ['release.conditions.*', 'the name of a condition'],
  ['release.python', 'an object such as { requirements: "requirements.lock", source: "flask" }'],
  ['release.python.requirements', 'the path of a requirements file with hashes'],
  ['release.python.source', 'the path of the folder that Python imports the application from'],
  ['release.python.version', 'a version such as "3.11"'],
  ['release.python.interpreter', 'a program such as "python3"'],
  ['release.checks', 'a list such as [{ path: "/v2/models/digits/infer", body, expected }]'],
  ['release.checks.*', 'an object such as { path: "/v2/models/digits/infer", body, expected }'],
  ['release.checks.*.path', 'a path with a leading slash, such as "/v2/models/digits/infer"'],
  ['release.checkKeyFile', absolutePath],
  ['release.readyTimeoutMs', 'whole milliseconds from 1000 to 3600000 (an hour)'],
  ['release.signingKeyFile', localFile],
  ['ssh', 'an object such as { identityFile: "deploy.key" }'],
  ['ssh.knownHostsFile', localFile],
  ['ssh.identityFile', localFile],
  ['ssh.configFile', localFile],
  ['ssh.connectTimeoutMs', 'whole milliseconds from 1 to 3600000'],
  ['ssm', 'an object such as { bucket: "acme-deploy" }'],
  ['ssm.bucket', 'the name of a bucket'],
  ['ssm.prefix', 'a prefix of objects, such as "deploy"'],
  ['ssm.region', region],
  ['balancer', 'an object such as { kind: "target-group", arn }'],
  ['balancer.kind', '"target-group" or "haproxy"'],
  [
    'balancer.arn',
    'the ARN of a target group: arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<name>/<id>',
  ],
  ['balancer.region', region],
  ['balancer.socket', 'the path of the admin socket, or "host:port"'],
  ['balancer.backend', 'the name of the backend'],
  ['trustedKeysFile', localFile],
  ['batch', 'a number of hosts from 1, or a share such as "25%"'],
  ['files', 'an object such as { "/etc/fairlead/keys.json": "production/keys.json" }'],
  ['files.*', 'the path of a file on this machine, under an absolute path on the host'],
  ['registry', 'an object such as { folder: "registry" }'],
  ['registry.folder', 'the path of the folder of a registry on this machine'],
  ['registry.path', absolutePath],
  ['protected', 'true or false'],
  ['promoteFrom', 'the name of another environment, such as "staging"'],
  ['releaseStore', 'the path of a folder, or "s3://bucket/prefix"'],
  ['url', 'an address without path and query, such as "https://models.example.com"'],
  ['stack', 'an object such as { name: "Shop" }'],
  ['stack.name', 'the name of a CloudFormation stack: letters, digits and "-"'],
  ['stack.template', 'the path of a template, such as "cdk.out/Shop.template.json"'],
  ['stack.region', region],
  ['stack.releaseParameter', 'the name of a parameter, such as "/shop/prod/release"'],
  ['stack.command', 'a program and its arguments, such as ["npx", "cdk", "deploy", "Shop"]'],
  ['stack.command.*', 'a program or an argument, such as "npx"'],
]);

/** Returns a description of the value that a setting of an environment expects, to follow "Give". */
export function environmentExpectation(path: readonly PropertyKey[]): string | undefined {
  const names = path.map((step) => (typeof step === 'number' ? '*' : String(step)));
  if (names[0] === 'files' && names.length > 1) return expectations.get('files.*');
  return expectations.get(names.join('.'));
}
