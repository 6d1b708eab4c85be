const bytes = 'a whole number of bytes above 0, such as 4294967296 for 4 GiB';
const duration = 'whole milliseconds from 1 to 86400000 (a day)';
const absolutePath = 'an absolute path';
const address = 'an address such as "unix:/run/a.sock" or "127.0.0.1:8080"';
const account = 'the name of an account, such as "fairlead"';
const variables = 'an object of variables, each with a text';

const serviceSettings = {
  '': `an object such as { "user": "fairlead" }: the account that runs the program`,
  '.user': account,
  '.group': account,
  '.workingFolder': absolutePath,
  '.secretsFile': absolutePath,
  '.writableFolders': 'a list of absolute paths',
};

/** Descriptions of the expected values by the dotted names of settings, for messages: "Give …". */
const expectations: ReadonlyMap<string, string> = new Map([
  ['', 'an object of settings'],
  ['name', 'a name of lower case letters, digits and "-", such as "fairlead"'],
  ['target', 'an object such as { "nginx": "1.22.1" }: the versions of the programs on the host'],
  [
    'target.nginx',
    'the version of Nginx on the host as a text, such as "1.22.1" (nginx -v prints it)',
  ],
  ['target.openssl', 'the version of OpenSSL on the host as a text, such as "3.0.17"'],
  ['target.gunicorn', 'the version of Gunicorn as a text, such as "27.0.1"'],
  ['target.systemd', 'the version of systemd on the host as a text, such as "252"'],
  [
    'host',
    'an object such as { "cores": 2, "memoryBytes": 4294967296 }: the resources of the host',
  ],
  ['host.cores', 'the number of processor cores: a whole number above 0'],
  ['host.memoryBytes', bytes],
  ['host.openFiles', 'a whole number from 256'],
  ['host.journalMaxBytes', 'a whole number of bytes from 16777216 (16 MiB)'],
  ['host.timeServers', 'a list of host names or IP addresses, such as ["169.254.169.123"]'],
  ['host.automaticUpdates', 'true or false'],
  [
    'layout',
    '"host" for a host with systemd, { "folder": "/srv/app" } for one folder, or all paths',
  ],
  ['layout.folder', absolutePath],
  ['layout.supervisor', '"systemd" or "foreground"'],
  ['timeouts', 'an object such as { "requestMs": 30000 }'],
  ['keepAlive', 'an object such as { "clientMs": 60000 }'],
  ['keepAlive.connections', 'a whole number above 0'],
  ['maxBodyBytes', bytes],
  [
    'nginx',
    'an object with "listen", such as { "listen": { "scheme": "http", "address": "127.0.0.1:8080" } }',
  ],
  [
    'nginx.listen',
    '{ "scheme": "http", "address": "0.0.0.0:80" } behind a load balancer or on a laptop, or { "scheme": "https", "names", "certificateFile", "certificateKeyFile" } or { "scheme": "https", "names", "acme": { "email" } }',
  ],
  ['nginx.listen.scheme', '"http" or "https"'],
  ['nginx.listen.address', address],
  ['nginx.listen.names', 'a list of host names, such as ["models.example.com"]'],
  ['nginx.listen.certificateFile', 'the absolute path of the certificate and its chain (PEM)'],
  ['nginx.listen.certificateKeyFile', "the absolute path of the certificate's private key (PEM)"],
  ['nginx.listen.acme', 'an object such as { "email": "ops@example.com" }'],
  ['nginx.listen.acme.email', 'an address such as "ops@example.com"'],
  ['nginx.listen.acme.directory', 'a URL such as "https://acme-v02.api.letsencrypt.org/directory"'],
  ['nginx.listen.acme.authorityFile', absolutePath],
  ['nginx.listen.host', 'an IP address, such as "0.0.0.0"'],
  ['nginx.listen.port', 'a port from 1 to 65535'],
  ['nginx.listen.redirectPort', 'a port from 1 to 65535'],
  ['nginx.user', 'the name of an account, such as "www-data"'],
  ['nginx.workers', 'a whole number above 0'],
  ['nginx.workerConnections', 'a whole number above 0'],
  ['nginx.maxBodyBytes', bytes],
  ['nginx.perAddress', 'false, or an object such as { "requestsPerSecond": 200 }'],
  ['nginx.perAddress.requestsPerSecond', 'a whole number above 0'],
  ['nginx.perAddress.burst', 'a whole number from 0'],
  ['nginx.perAddress.connections', 'a whole number from 1 to 65535'],
  ['nginx.trustedProxies', 'a list of networks, such as ["10.0.0.0/16"]'],
  ['nginx.healthPaths', 'a list of paths, such as ["/v2/health/ready"]'],
  ['nginx.publicScheme', '"http" or "https"'],
  ['nginx.routes', 'a list such as [{ "path": "/", "upstream": "gateway" }]'],
  ['nginx.upstreams', 'an object such as { "other": { "servers": ["127.0.0.1:9000"] } }'],
  ['nginx.gatewayAddress', address],
  ['nginx.accessLog', 'true or false'],
  ['nginx.requestErrorLog', 'true or false'],
  [
    'gateway',
    'an object; for a host with systemd { "command": […], "service": { "user": "fairlead" } }',
  ],
  ['gateway.listen', address],
  ['gateway.flaskAddress', address],
  ['gateway.maxBodyBytes', bytes],
  ['gateway.processes', 'a whole number from 1 to 256'],
  ['gateway.computeMs', 'a number of milliseconds above 0, such as 0.2'],
  ['gateway.memoryBytes', bytes],
  [
    'gateway.command',
    'a list of the program and its arguments, such as ["/usr/bin/node", "/opt/app/main.js"]',
  ],
  ['gateway.environment', variables],
  ['flask', 'an object with "app", "folder" and "gunicorn"'],
  ['flask.app', 'the application that Gunicorn imports, such as "flask_model.app:create_app()"'],
  ['flask.folder', 'the absolute path of the folder that Python imports from'],
  ['flask.gunicorn', 'the absolute path of gunicorn in its virtual environment'],
  ['flask.listen', address],
  ['flask.workers', 'a whole number above 0'],
  ['flask.threads', 'a whole number above 0'],
  ['flask.modelThreads', 'a whole number above 0'],
  ['flask.workerMemoryBytes', bytes],
  ['flask.maxBodyBytes', bytes],
  ['flask.maxRequests', '0 (never), or a whole number from 10000'],
  ['flask.dangerouslyPreloadApp', 'true or false'],
  ['flask.environment', variables],
  [
    'secrets',
    'a list such as [{ "name": "pepper", "from": { "ssmParameter": "/shop/pepper" }, "path": "/etc/shop/secrets", "variable": "FAIRLEAD_PEPPER" }]',
  ],
  ['backup', 'an object such as { "to": "s3://bucket/prefix" }'],
  [
    'backup.to',
    'the absolute path of a folder, or a place in a bucket such as "s3://bucket/prefix"',
  ],
  ['backup.schedule', 'times of systemd, such as "*-*-* 03:00:00"'],
  ['backup.region', 'a region such as "eu-west-1"'],
  ['backup.secretsFile', absolutePath],
  ['cloudWatch', 'an object, such as {} or { "namespace": "Shop/Host" }'],
  ['cloudWatch.namespace', 'a namespace of metrics, such as "Fairlead/Host"'],
  ['cloudWatch.logGroup', 'the first part of the names of log groups, such as "/fairlead"'],
  ['cloudWatch.retentionDays', 'days that CloudWatch Logs offers, such as 30'],
  ['grpc', 'an object; { "address": "127.0.0.1:8081" } beside plain HTTP, {} beside TLS'],
  ['grpc.address', address],
  ['grpc.gatewayListen', address],
  ...['gateway', 'flask'].flatMap((program) =>
    Object.entries(serviceSettings).map(([name, text]): [string, string] => [
      `${program}.service${name}`,
      text,
    ]),
  ),
]);

/** Returns a description of the value that a setting expects, to follow "Give"; `undefined` if there is none. */
export function expectationOf(setting: string): string | undefined {
  const found = expectations.get(setting);
  if (found !== undefined) return found;
  if (/^(?:timeouts|keepAlive)\.\w+$/.test(setting)) return duration;
  if (/^layout\.\w+$/.test(setting)) return absolutePath;
  return undefined;
}
