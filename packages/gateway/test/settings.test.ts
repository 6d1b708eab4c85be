import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { SettingsError } from '../src/settings/settings-error.ts';
import { readSettings } from '../src/settings/read-settings.ts';
import { settings, type Settings } from '../src/settings/settings.ts';

const anyone = { FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1' };
const pepper = 'a pepper of the tests, and long enough';

/** Returns the message of the error; fails when there is none. */
function refusal(environment: Readonly<Record<string, string>>): string {
  try {
    readSettings(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message;
  }
  throw new Error(`accepted: ${JSON.stringify(environment)}`);
}

describe('accepted settings', () => {
  test('only access has to be set; every other setting has its default', () => {
    expect(readSettings(anyone)).toEqual({
      listen: '127.0.0.1:8080',
      registry: './registry',
      registryCache: undefined,
      registryCacheBytes: 10_737_418_240,
      trustedSigners: 1,
      models: undefined,
      alias: 'champion',
      pollIntervalMs: 2000,
      rollouts: 'on',
      rolloutJudgeIntervalMs: 60_000,
      keysFile: undefined,
      pepper: undefined,
      dangerouslyAllowAnyone: true,
      rateLimit: 60_000,
      refusedKeysLimit: 300,
      limitsRedisUrl: undefined,
      limitsOnFailure: 'local',
      limitsTimeoutMs: 100,
      requestsPerDay: undefined,
      requestsPerMonth: undefined,
      elementsPerMinute: undefined,
      elementsPerDay: undefined,
      elementsPerMonth: undefined,
      maxBodyBytes: 16 * 1024 * 1024,
      codecThreads: 2,
      bodyMemoryBytes: undefined,
      bodyMemoryPerClientBytes: undefined,
      deadlineMs: 30_000,
      loadTimeoutMs: 300_000,
      warmUpMs: 1000,
      listenWaitMs: undefined,
      processes: 1,
      processMemoryBytes: 1_073_741_824,
      process: undefined,
      keepAliveTimeoutMs: 75_000,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      shutdownGraceMs: 8000,
      idleGraceMs: 1000,
      notReadyMs: 0,
      flaskAddress: undefined,
      flaskConnections: 16,
      onnxWorkers: undefined,
      onnxThreads: undefined,
      maxBatchRows: 64,
      maxRowsPerRequest: 100_000,
      maxQueued: 512,
      jobsFolder: undefined,
      jobsConcurrency: 1,
      jobsLeaseMs: 15_000,
      jobsMax: 1000,
      jobsMaxPerClient: undefined,
      jobsMaxPerModel: undefined,
      jobsMaxBytes: 1_073_741_824,
      jobsMaxBytesPerClient: undefined,
      jobsMaxBytesPerModel: undefined,
      jobsMaxAnswerBytes: 67_108_864,
      jobsRetentionMs: 86_400_000,
      webhookOrigins: undefined,
      webhookPrivateOrigins: undefined,
      webhookSecrets: undefined,
      cloudWatchNamespace: undefined,
      cacheBytes: 0,
      cacheModels: undefined,
      redisUrl: undefined,
      fallbacks: undefined,
      routingKeyHeader: undefined,
      protocols: ['open-inference', 'tensorflow-serving'],
      extensions: ['binary_tensor_data', 'classification', 'model_repository', 'statistics'],
      maxModels: 10_000,
      invocationsModel: undefined,
      stateFolder: undefined,
      windows: 'auto',
      windowsSlotMs: 300_000,
      windowsSpoolBytes: 67_108_864,
      drift: 'auto',
      driftUnit: 'hour',
      driftIntervalMs: 300_000,
      captureLocation: undefined,
      captureShare: 0.1,
      captureRoutingKeys: false,
      captureSpoolBytes: 536_870_912,
      captureRetentionDays: 90,
      otlpUrl: undefined,
      traceRatio: 0.01,
      logLevel: 'info',
      noticeCertificateDays: 21,
    });
  });

  test('FAIRLEAD_DIALECTS, the name in version 0.1, is read with a warning; FAIRLEAD_PROTOCOLS comes first', () => {
    const warnings: string[] = [];
    const read = (environment: Readonly<Record<string, string>>) =>
      readSettings({ ...anyone, ...environment }, (warning) => warnings.push(warning)).protocols;
    expect(read({ FAIRLEAD_DIALECTS: 'open-inference' })).toEqual(['open-inference']);
    expect(warnings).toEqual([
      'FAIRLEAD_DIALECTS is now called FAIRLEAD_PROTOCOLS; rename it before the next release',
    ]);
    const both = { FAIRLEAD_DIALECTS: 'soap', FAIRLEAD_PROTOCOLS: 'tensorflow-serving' };
    expect(read(both)).toEqual(['tensorflow-serving']);
    expect(warnings).toHaveLength(2);
    expect(read({})).toHaveLength(2);
    expect(warnings).toHaveLength(2);
  });

  test('values have the types of their settings', () => {
    const read = readSettings({
      FAIRLEAD_KEYS_FILE: '/etc/keys.json',
      FAIRLEAD_PEPPER: pepper,
      FAIRLEAD_MODELS: 'digits, breast-cancer',
      FAIRLEAD_RATE_LIMIT: '7',
      FAIRLEAD_LOG_LEVEL: 'warn',
      FAIRLEAD_FLASK_ADDRESS: 'unix:/run/flask.sock',
      HOME: '/somewhere',
    });
    expect(read).toMatchObject({
      keysFile: '/etc/keys.json',
      pepper,
      models: ['digits', 'breast-cancer'],
      rateLimit: 7,
      logLevel: 'warn',
      flaskAddress: 'unix:/run/flask.sock',
      dangerouslyAllowAnyone: false,
    });
    expectTypeOf(read).toEqualTypeOf<Settings>();
    expectTypeOf(read.rateLimit).toBeNumber();
    expectTypeOf(read.models).toEqualTypeOf<string[] | undefined>();
    expectTypeOf(read.logLevel).extract<'verbose'>().toBeNever();
  });

  test.each([
    '127.0.0.1:0',
    'localhost:65535',
    '[::1]:8080',
    'gateway_1.internal:80',
    'unix:/run/gateway.sock',
    `unix:/${'s'.repeat(106)}`,
    'fd:3',
  ])('listens on %s', (address) => {
    expect(readSettings({ ...anyone, FAIRLEAD_LISTEN: address }).listen).toBe(address);
  });
});

describe('variables of other programs', () => {
  test.each([
    ['FAIRLEAD_ACTOR', 'ada'],
    ['FAIRLEAD_STATE', '.fairlead/sample'],
    ['FAIRLEAD_PYTHON', 'python3.12'],
    ['FAIRLEAD_API_KEY', 'fl_x'],
    ['FAIRLEAD_WEBHOOK_SECRET', 'whsec_x'],
    ['FAIRLEAD_MODEL_FOLDER', '/srv/model'],
    ['FAIRLEAD_MODEL_THREADS', '2'],
    ['FAIRLEAD_SERVICE_HOST', '10.96.0.7'],
    ['FAIRLEAD_SERVICE_PORT', '80'],
    ['FAIRLEAD_SERVICE_PORT_HTTP_ALT', '8080'],
    ['FAIRLEAD_PORT', 'tcp://10.96.0.7:80'],
    ['FAIRLEAD_PORT_80_TCP', 'tcp://10.96.0.7:80'],
    ['FAIRLEAD_PORT_80_TCP_PROTO', 'tcp'],
    ['FAIRLEAD_PORT_80_TCP_PORT', '80'],
    ['FAIRLEAD_PORT_80_TCP_ADDR', '10.96.0.7'],
    ['FAIRLEAD_GATEWAY_SERVICE_HOST', 'fd00::7'],
    ['FAIRLEAD_GATEWAY_PORT', 'tcp://[fd00::7]:8080'],
    ['FAIRLEAD_GATEWAY_PORT_8080_TCP', 'tcp://10.96.0.7:8080'],
    ['FAIRLEAD_FLASK_MODEL_PORT_53_UDP_PROTO', 'udp'],
  ])('%s=%s stops no start', (variable, value) => {
    expect(readSettings({ ...anyone, [variable]: value })).toEqual(readSettings(anyone));
  });

  test.each([
    ['FAIRLEAD_PORT', '8080'],
    ['FAIRLEAD_PORT', 'http://127.0.0.1:80'],
    ['FAIRLEAD_GRPC_PORT', '8081'],
    ['FAIRLEAD_SERVICE_HOST', 'localhost'],
    ['FAIRLEAD_PORT_80_TCP_PROTO', 'http'],
    ['FAIRLEAD_ACTORS', 'ada'],
    ['FAIRLEAD_MODEL', 'digits'],
    ['FAIRLEAD_RATELIMIT', '5'],
  ])('%s=%s is still a misspelled setting', (variable, value) => {
    expect(refusal({ ...anyone, [variable]: value })).toContain(`${variable} is not a setting`);
  });

  test('a port of the sample application names the setting to use', () => {
    expect(refusal({ ...anyone, FAIRLEAD_PORT: '9000' })).toContain(
      'use FAIRLEAD_LISTEN=127.0.0.1:<port>',
    );
  });
});

describe('rejected settings', () => {
  const credentials = [
    'http://ada:SENTINEL@host:80',
    'http://ada:SEN/TINEL@host:80/SENTINEL@x',
    's3://KEY:SEN TINEL@bucket/x',
    'ada:SENTINEL@host:80',
    'https://a.example,https://ada:SENTINEL@b.example,',
    'https://host/x?key=SENTINEL ',
    'whsec_SENTINEL, ,',
    'fl_0123456789ab_SENTINEL,,',
  ];
  test.each(Object.values(settings).map(({ variable }) => variable))(
    'credentials in a value of %s are masked in what is said of it',
    (variable) => {
      for (const value of credentials) {
        let message = '';
        try {
          readSettings({ ...anyone, [variable]: value });
        } catch (error) {
          ({ message } = error as Error);
        }
        // The name of one variable begins like the sentinel.
        expect(message.replaceAll(variable, ''), value).not.toMatch(/SEN|TINEL/);
      }
    },
  );

  const text = 'must not be empty';
  const queue = 'must be the URL of a queue';
  const listen = 'must be host:port, unix:/path (at most 107 bytes) or fd:number';
  const upstream = 'must be unix:/path (at most 107 bytes) or host:port';
  const refused = [
    ['FAIRLEAD_LISTEN', '', listen],
    ['FAIRLEAD_LISTEN', '8080', listen],
    ['FAIRLEAD_LISTEN', '127.0.0.1:65536', listen],
    ['FAIRLEAD_LISTEN', '::1:80', listen],
    ['FAIRLEAD_LISTEN', '[::g]:80', listen],
    ['FAIRLEAD_LISTEN', 'http://127.0.0.1:80', listen],
    ['FAIRLEAD_LISTEN', 'unix:run/gateway.sock', listen],
    ['FAIRLEAD_LISTEN', `unix:/${'s'.repeat(107)}`, listen],
    ['FAIRLEAD_LISTEN', `unix:/${'ü'.repeat(54)}`, listen],
    ['FAIRLEAD_LISTEN', 'fd:three', listen],
    ['FAIRLEAD_REGISTRY', '', text],
    ['FAIRLEAD_REGISTRY_CACHE', '', text],
    ['FAIRLEAD_REGISTRY_CACHE_BYTES', '0', 'must be a whole number from 1 to 1000000000000000'],
    ['FAIRLEAD_TRUSTED_KEYS', '', text],
    ['FAIRLEAD_TRUSTED_SIGNERS', '0', 'must be a whole number from 1 to 1000'],
    ['FAIRLEAD_MODELS', 'a,,b', 'must be names separated by commas, none of them empty'],
    ['FAIRLEAD_MODELS', 'a,b, a', 'must not name anything twice'],
    ['FAIRLEAD_READY_MODELS', 'a,', 'must be names separated by commas, none of them empty'],
    ['FAIRLEAD_ALIAS', '', text],
    ['FAIRLEAD_POLL_INTERVAL_MS', '0', 'must be a whole number from 1 to 2147483647'],
    ['FAIRLEAD_ROLLOUTS', '1', 'must be one of on, off'],
    ['FAIRLEAD_ROLLOUT_JUDGE_INTERVAL_MS', '0', 'must be a whole number from 1 to 2147483647'],
    ['FAIRLEAD_KEYS_FILE', '', text],
    ['FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE', 'yes', 'must be one of 0, 1'],
    ['FAIRLEAD_LIMITS_ON_FAILURE', 'open', 'must be one of local, refuse'],
    ['FAIRLEAD_LIMITS_TIMEOUT_MS', '0', 'must be a whole number from 1 to 10000'],
    ...[
      'FAIRLEAD_LIMITS_REQUESTS_PER_DAY',
      'FAIRLEAD_LIMITS_REQUESTS_PER_MONTH',
      'FAIRLEAD_LIMITS_ELEMENTS_PER_MINUTE',
      'FAIRLEAD_LIMITS_ELEMENTS_PER_DAY',
      'FAIRLEAD_LIMITS_ELEMENTS_PER_MONTH',
    ].map(
      (variable) =>
        [variable, '1e6', 'must be a whole number from 1 to 999999999999999'] as [
          string,
          string,
          string,
        ],
    ),
    ['FAIRLEAD_RATE_LIMIT', '-5', 'must be a whole number from 1 to 1000000000'],
    ['FAIRLEAD_REFUSED_KEYS_LIMIT', '-5', 'must be a whole number from 1 to 1000000000'],
    ['FAIRLEAD_CODEC_THREADS', '0', 'must be a whole number from 1 to 64'],
    ['FAIRLEAD_BODY_MEMORY_BYTES', '0', 'must be a whole number from 1 to 1099511627776, or auto'],
    [
      'FAIRLEAD_BODY_MEMORY_PER_CLIENT_BYTES',
      '0',
      'must be a whole number from 1 to 1099511627776, or auto',
    ],
    ['FAIRLEAD_MAX_BODY_BYTES', '16MB', 'must be a whole number from 1 to 2147483647'],
    ['FAIRLEAD_DEADLINE_MS', '1e3', 'must be a whole number'],
    ['FAIRLEAD_LISTEN_WAIT_MS', '-1', 'must be'],
    ['FAIRLEAD_PROCESS_MEMORY_BYTES', '0', 'must be a whole number from 1 to'],
    ['FAIRLEAD_PROCESSES', '0', 'must be a whole number from 1 to 256, or auto'],
    ['FAIRLEAD_PROCESS', '257', 'must be a whole number from 1 to 256'],
    ['FAIRLEAD_WARM_UP_MS', '60001', 'must be a whole number from 0 to 60000'],
    ['FAIRLEAD_LOAD_TIMEOUT_MS', '0', 'must be a whole number from 1 to 2147483647'],
    ['FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS', ' 5', 'must be a whole number'],
    ['FAIRLEAD_HEADERS_TIMEOUT_MS', '2147483648', 'must be a whole number'],
    ['FAIRLEAD_REQUEST_TIMEOUT_MS', '1.5', 'must be a whole number'],
    ['FAIRLEAD_SHUTDOWN_GRACE_MS', '٣', 'must be a whole number'],
    ['FAIRLEAD_IDLE_GRACE_MS', '-1', 'must be a whole number from 0 to 600000'],
    ['FAIRLEAD_NOT_READY_MS', '600001', 'must be a whole number from 0 to 600000'],
    ['FAIRLEAD_GRPC_LISTEN', '8081', listen],
    ['FAIRLEAD_FLASK_ADDRESS', 'fd:3', upstream],
    ['FAIRLEAD_FLASK_ADDRESS', '127.0.0.1:0', upstream],
    ['FAIRLEAD_FLASK_CONNECTIONS', '0', 'must be a whole number from 1 to 10000'],
    ['FAIRLEAD_ONNX_WORKERS', '257', 'must be a whole number from 1 to 256, or auto'],
    ['FAIRLEAD_MAX_BATCH_ROWS', '0', 'must be a whole number from 1 to 100000'],
    ['FAIRLEAD_ONNX_THREADS', 'all', 'must be a whole number from 1 to 256, or auto'],
    ['FAIRLEAD_MAX_QUEUED', '', 'must be a whole number from 0 to 1000000'],
    ['FAIRLEAD_MAX_ROWS_PER_REQUEST', '0', 'must be a whole number from 1 to 2147483647'],
    ['FAIRLEAD_CACHE_BYTES', '-1', 'must be a whole number from 0 to'],
    ['FAIRLEAD_CACHE_MODELS', 'a,', 'must be names separated by commas, none of them empty'],
    ['FAIRLEAD_FALLBACKS', 'a', 'must be pairs such as digits=digits-flask'],
    ['FAIRLEAD_FALLBACKS', 'a=b=c', 'must be pairs such as'],
    ['FAIRLEAD_FALLBACKS', 'a=', 'must be pairs such as'],
    ['FAIRLEAD_FALLBACKS', 'a=b,c=c', 'must not name a model as its own fallback'],
    ['FAIRLEAD_FALLBACKS', 'a=b,a=c', 'must not give a model two fallbacks'],
    ['FAIRLEAD_ROUTING_KEY_HEADER', '', 'must be the name of a header'],
    ['FAIRLEAD_ROUTING_KEY_HEADER', 'x_user', 'must be the name of a header'],
    ['FAIRLEAD_ROUTING_KEY_HEADER', 'Authorization', 'must not be a header of credentials'],
    [
      'FAIRLEAD_ROUTING_KEY_HEADER',
      'x-user-bin',
      'must not be a header of credentials or of binary',
    ],
    ['FAIRLEAD_JOBS_FOLDER', '', text],
    ['FAIRLEAD_JOBS_QUEUE_URL', 'jobs', queue],
    ['FAIRLEAD_JOBS_QUEUE_URL', 'https://sqs.eu-west-1.amazonaws.com', queue],
    ['FAIRLEAD_JOBS_QUEUE_URL', 'arn:aws:sqs:eu-west-1:1:jobs', queue],
    [
      'FAIRLEAD_JOBS_QUEUE_URL',
      'https://sqs.x.amazonaws.com/1/jobs.fifo',
      'must be a standard queue',
    ],
    ['FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL', 'https://sqs.x.amazonaws.com/1/a b', queue],
    ['FAIRLEAD_JOBS_BUCKET', 's3://acme-jobs', 'must be the name of a bucket'],
    ['FAIRLEAD_JOBS_BUCKET', 'Acme', 'must be the name of a bucket'],
    ['FAIRLEAD_JOBS_BUCKET', '', 'must be the name of a bucket'],
    ['FAIRLEAD_JOBS_CONCURRENCY', '0', 'must be a whole number from 1 to 1000'],
    ['FAIRLEAD_JOBS_LEASE_MS', '999', 'must be a whole number from 1000 to 43200000'],
    ['FAIRLEAD_JOBS_MAX', 'many', 'must be a whole number from 1 to 1000000'],
    ['FAIRLEAD_JOBS_MAX_PER_CLIENT', '0', 'must be a whole number from 1 to 1000000, or auto'],
    ['FAIRLEAD_JOBS_MAX_PER_MODEL', 'half', 'must be a whole number from 1 to 1000000, or auto'],
    ['FAIRLEAD_JOBS_MAX_BYTES', '1048575', 'must be a whole number from 1048576 to'],
    ['FAIRLEAD_JOBS_MAX_BYTES_PER_CLIENT', '4095', 'must be a whole number from 4096 to'],
    ['FAIRLEAD_JOBS_MAX_BYTES_PER_MODEL', '1e9', 'must be a whole number from 4096 to'],
    ['FAIRLEAD_JOBS_MAX_ANSWER_BYTES', '1023', 'must be a whole number from 1024 to'],
    ['FAIRLEAD_JOBS_RETENTION_MS', '999', 'must be a whole number from 1000 to 2592000000'],
    ['FAIRLEAD_WEBHOOK_ORIGINS', 'https://a.example,', 'must be names separated by commas'],
    ['FAIRLEAD_WEBHOOK_PRIVATE_ORIGINS', ',', 'must be names separated by commas'],
    ['FAIRLEAD_STATE_FOLDER', '', text],
    ['FAIRLEAD_WINDOWS', '1', 'must be one of auto, on, off'],
    ['FAIRLEAD_WINDOWS_SLOT_MS', '999', 'must be a whole number from 1000 to 3600000'],
    ['FAIRLEAD_WINDOWS_SLOT_MS', '7000', 'must be whole seconds that divide an hour'],
    ['FAIRLEAD_WINDOWS_SLOT_MS', '2500', 'must be whole seconds that divide an hour'],
    ['FAIRLEAD_WINDOWS_SPOOL_BYTES', '-1', 'must be a whole number from 0 to 1099511627776'],
    ['FAIRLEAD_DRIFT', 'yes', 'must be one of auto, on, off'],
    ['FAIRLEAD_DRIFT_UNIT', 'week', 'must be one of hour, day'],
    ['FAIRLEAD_DRIFT_INTERVAL_MS', '0', 'must be a whole number from 1 to 2147483647'],
    ['FAIRLEAD_CAPTURE_LOCATION', 'gs://captures', 'must be a folder, or s3://bucket/prefix'],
    ['FAIRLEAD_CAPTURE_LOCATION', 's3://Captures/a', 'must be a folder, or s3://bucket/prefix'],
    ['FAIRLEAD_CAPTURE_LOCATION', 's3://captures//a', 'must be a folder, or s3://bucket/prefix'],
    ['FAIRLEAD_CAPTURE_SHARE', '10%', 'must be a decimal number from 0 to 1, such as 0.1'],
    ['FAIRLEAD_CAPTURE_SHARE', '1.5', 'must be a decimal number from 0 to 1, such as 0.1'],
    ['FAIRLEAD_CAPTURE_ROUTING_KEYS', 'yes', 'must be one of 0, 1'],
    ['FAIRLEAD_CAPTURE_SPOOL_BYTES', '0', 'must be a whole number from 1 to 70368744177664'],
    ['FAIRLEAD_CAPTURE_RETENTION_DAYS', '1.5', 'must be a whole number from 0 to 36500'],
    ['FAIRLEAD_CLOUDWATCH_NAMESPACE', '', text],
    ['FAIRLEAD_OTLP_URL', 'collector:4318', 'must be'],
    ['FAIRLEAD_TRACE_RATIO', '2', 'must be a decimal number from 0 to 1, such as 0.1'],
    ['FAIRLEAD_NOTICE_TOPIC', 'arn:aws:sqs:x', 'must be the ARN of a topic'],
    ['FAIRLEAD_PROTOCOLS', 'open-inference,soap', 'must name protocols of open-inference'],
    ['FAIRLEAD_EXTENSIONS', 'statistics,tracing', 'must name extensions of binary_tensor_data'],
    ['FAIRLEAD_MAX_MODELS', '0', 'must be a whole number from 1'],
    ['FAIRLEAD_PROTOCOLS', 'mlflow,mlflow', 'must not name anything twice'],
    ['FAIRLEAD_INVOCATIONS_MODEL', '', 'must not be empty'],
    ['FAIRLEAD_NOTICE_CERTIFICATES', 'a.pem,,b.pem', 'must be names separated by commas'],
    ['FAIRLEAD_NOTICE_CERTIFICATE_DAYS', '0', 'must be a whole number from 1 to 3650'],
    ['FAIRLEAD_LOG_LEVEL', 'INFO', 'must be one of fatal, error, warn, info, debug, trace, silent'],
  ] as const;
  test.each(refused)(
    '%s=%j, with its name, its value and what it must be',
    (variable, value, must) => {
      const message = refusal({ ...anyone, [variable]: value });
      expect(message.split('\n')).toHaveLength(2);
      expect(message).toContain(`${variable}: ${JSON.stringify(value)} ${must}`);
    },
  );

  test('every setting has an invalid value in the list above', () => {
    const all = Object.values(settings).map(({ variable }) => variable);
    const secrets = [
      'FAIRLEAD_LIMITS_REDIS_URL',
      'FAIRLEAD_NOTICE_SECRETS',
      'FAIRLEAD_NOTICE_SENTRY_DSN',
      'FAIRLEAD_NOTICE_SLACK_WEBHOOKS',
      'FAIRLEAD_NOTICE_WEBHOOKS',
      'FAIRLEAD_PEPPER',
      'FAIRLEAD_REDIS_URL',
      'FAIRLEAD_WEBHOOK_SECRETS',
    ];
    const listed = new Set([...refused.map(([variable]) => variable), ...secrets]);
    expect([...listed].sort()).toEqual(all.sort());
  });

  test('an invalid address of Redis, which is not shown: it may contain a password', () => {
    for (const variable of ['FAIRLEAD_REDIS_URL', 'FAIRLEAD_LIMITS_REDIS_URL']) {
      const message = refusal({ ...anyone, [variable]: 'http://:PLANTED@cache' });
      expect(message).toContain(`${variable}: its value must be redis://`);
      expect(message).not.toContain('PLANTED');
    }
  });

  test('webhooks without a secret, without destinations, or without jobs', () => {
    const secret = { FAIRLEAD_WEBHOOK_SECRETS: `whsec_${'A'.repeat(44)}` };
    const origins = { FAIRLEAD_WEBHOOK_ORIGINS: 'https://a.example' };
    const jobs = { FAIRLEAD_JOBS_FOLDER: '/var/lib/jobs' };
    expect(refusal({ ...anyone, ...jobs, ...secret })).toContain('need each other');
    expect(refusal({ ...anyone, ...jobs, ...origins })).toContain('need each other');
    expect(refusal({ ...anyone, ...origins, ...secret })).toContain(
      'set FAIRLEAD_JOBS_FOLDER or FAIRLEAD_JOBS_QUEUE_URL',
    );
    expect(readSettings({ ...anyone, ...jobs, ...origins, ...secret })).toMatchObject({
      webhookOrigins: ['https://a.example'],
    });
    // Private destinations alone: each message names both settings.
    const hidden = { FAIRLEAD_WEBHOOK_PRIVATE_ORIGINS: 'http://a.internal' };
    for (const given of [
      { ...jobs, ...hidden },
      { ...hidden, ...secret },
    ]) {
      expect(refusal({ ...anyone, ...given })).toContain(
        'FAIRLEAD_WEBHOOK_ORIGINS or FAIRLEAD_WEBHOOK_PRIVATE_ORIGINS need',
      );
    }
    const twice = refusal({ ...anyone, FAIRLEAD_WEBHOOK_SECRETS: 'hush-hush,hush-hush' });
    expect(twice).not.toContain('hush');
  });

  test('jobs in SQS without their other settings, or with a folder', () => {
    const queue = { FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/1/jobs' };
    const bucket = { FAIRLEAD_JOBS_BUCKET: 'acme-jobs' };
    const hooks = {
      FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/1/jobs-webhooks',
    };
    const origins = {
      FAIRLEAD_WEBHOOK_ORIGINS: 'https://a.example',
      FAIRLEAD_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`,
    };
    const folder = { FAIRLEAD_JOBS_FOLDER: '/var/lib/jobs' };
    const same = { FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL: queue.FAIRLEAD_JOBS_QUEUE_URL };
    for (const [given, message] of [
      [{ ...queue, ...bucket, ...folder }, 'FAIRLEAD_JOBS_QUEUE_URL in SQS; leave one out'],
      [queue, 'FAIRLEAD_JOBS_BUCKET is missing'],
      [bucket, 'FAIRLEAD_JOBS_QUEUE_URL is missing; FAIRLEAD_JOBS_BUCKET'],
      [{ ...folder, ...hooks, ...origins }, 'missing; FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL'],
      [{ ...queue, ...bucket, ...origins }, 'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL is missing'],
      [{ ...queue, ...bucket, ...hooks }, 'set FAIRLEAD_WEBHOOK_ORIGINS'],
      [{ ...queue, ...bucket, ...same, ...origins }, 'webhooks need a separate queue'],
    ] as const) {
      expect(refusal({ ...anyone, ...given })).toContain(message);
    }
    expect(readSettings({ ...anyone, ...queue, ...bucket })).toMatchObject({
      jobsQueueUrl: queue.FAIRLEAD_JOBS_QUEUE_URL,
      jobsBucket: 'acme-jobs',
    });
    const all = { ...queue, ...bucket, ...hooks, ...origins };
    expect(readSettings({ ...anyone, ...all }).jobsWebhookQueueUrl).toContain('jobs-webhooks');
  });

  test('several errors, each on its line', () => {
    const message = refusal({ FAIRLEAD_LOG_LEVEL: 'loud', FAIRLEAD_RATE_LIMIT: 'none' });
    expect(message).toMatch(/^The settings can't be used:\n {2}FAIRLEAD_RATE_LIMIT: .*\n {2}FAIR/);
    expect(message).toContain('FAIRLEAD_LOG_LEVEL: "loud"');
  });

  test('an unknown name: a misspelled setting would have no effect', () => {
    const message = refusal({ ...anyone, FAIRLEAD_RATELIMIT: 'PLANTED', fairlead_listen: 'x' });
    expect(message).toContain('FAIRLEAD_RATELIMIT is not a setting; docs/settings.md lists them');
    expect(message).not.toContain('fairlead_listen');
    expect(message).not.toContain('PLANTED');
  });

  test.each([
    [{}, 'FAIRLEAD_KEYS_FILE is missing'],
    [{ FAIRLEAD_KEYS_FILE: 'k' }, 'FAIRLEAD_PEPPER is missing'],
    [{ ...anyone, FAIRLEAD_KEYS_FILE: 'k', FAIRLEAD_PEPPER: pepper }, 'contradict each other'],
    [{ ...anyone, FAIRLEAD_PROCESS: '2' }, 'FAIRLEAD_PROCESS is 2, but FAIRLEAD_PROCESSES is 1'],
    [{ ...anyone, FAIRLEAD_DRIFT: 'on' }, 'FAIRLEAD_DRIFT=on needs windows'],
    [{ ...anyone, FAIRLEAD_CAPTURE_LOCATION: 'c' }, 'FAIRLEAD_STATE_FOLDER is missing'],
    [
      { ...anyone, FAIRLEAD_HEADERS_TIMEOUT_MS: '2000', FAIRLEAD_REQUEST_TIMEOUT_MS: '1000' },
      'FAIRLEAD_HEADERS_TIMEOUT_MS (2000) is longer than FAIRLEAD_REQUEST_TIMEOUT_MS (1000)',
    ],
    [
      { ...anyone, FAIRLEAD_LIMITS_ELEMENTS_PER_MONTH: '1' },
      'FAIRLEAD_LIMITS_ELEMENTS_PER_MONTH counts longer than a process runs; set FAIRLEAD_LIMITS_REDIS_URL',
    ],
    [
      { ...anyone, FAIRLEAD_CACHE_BYTES: '1', FAIRLEAD_REDIS_URL: 'redis://cache' },
      'keeps answers in memory and FAIRLEAD_REDIS_URL in Redis',
    ],
    [
      { ...anyone, FAIRLEAD_CACHE_MODELS: 'a' },
      'FAIRLEAD_CACHE_MODELS names models, but there is no cache',
    ],
    [
      { ...anyone, FAIRLEAD_MODELS: 'a,b', FAIRLEAD_FALLBACKS: 'a=previous-version,b=c' },
      'FAIRLEAD_FALLBACKS names "c", which FAIRLEAD_MODELS doesn\'t',
    ],
    [
      { ...anyone, FAIRLEAD_MODELS: 'a,b', FAIRLEAD_READY_MODELS: 'b,c' },
      'FAIRLEAD_READY_MODELS names "c", which FAIRLEAD_MODELS doesn\'t',
    ],
    [
      { ...anyone, FAIRLEAD_BODY_MEMORY_BYTES: '1000' },
      'FAIRLEAD_BODY_MEMORY_BYTES (1000) is less than FAIRLEAD_MAX_BODY_BYTES (16777216)',
    ],
    [
      { ...anyone, FAIRLEAD_BODY_MEMORY_PER_CLIENT_BYTES: '1000' },
      'FAIRLEAD_BODY_MEMORY_PER_CLIENT_BYTES (1000) is less than FAIRLEAD_MAX_BODY_BYTES (16777216)',
    ],
  ])('settings that contradict each other: %j', (environment, message) => {
    expect(refusal(environment)).toContain(message);
  });

  test('a short pepper, which is not shown', () => {
    const message = refusal({ FAIRLEAD_KEYS_FILE: 'k', FAIRLEAD_PEPPER: 'PLANTED' });
    expect(message).toContain('FAIRLEAD_PEPPER: its value must have at least 32 bytes');
    expect(message).not.toContain('PLANTED');
  });
});

describe('any environment', () => {
  const variables = Object.values(settings).map(({ variable }) => variable);
  const plausible = fc.constantFrom(
    ...['', '0', '1', '-1', '007', '1e9', '999999999999999', 'NaN', 'null', 'a,b', ',', 'info'],
    ...['unix:/x', 'unix:', 'fd:3', 'h:1', 'h:', '[::1]:1', '[]:1', '::', 'https://h', '__proto__'],
  );
  const value = fc.oneof(plausible, fc.string(), fc.string({ unit: 'binary' }));
  const environments = fc.dictionary(fc.constantFrom(...variables), value);

  test('is read, or rejected with a SettingsError that names a given or a missing variable', () => {
    fc.assert(
      fc.property(environments, (environment) => {
        try {
          const read = readSettings(environment);
          expect(Object.keys(read)).toEqual(Object.keys(settings));
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError);
          const { message } = error as SettingsError;
          for (const line of message.split('\n  ').slice(1)) expect(line).toMatch(/^FAIRLEAD_/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('with an invalid value is rejected, regardless of the other values', () => {
    fc.assert(
      fc.property(fc.constantFrom(...variables), value, environments, (variable, bad, others) => {
        const alone = lineOf(variable, { [variable]: bad });
        expect(lineOf(variable, { ...others, [variable]: bad })).toBe(alone);
      }),
      { numRuns: 1000 },
    );
  });

  test('no message contains the pepper', () => {
    const short = fc.string({ minLength: 6, maxLength: 31 });
    fc.assert(
      fc.property(environments, short, (environment, secret) => {
        const planted = `PLANTED${secret}`.slice(0, 31);
        const message = refusal({ ...environment, FAIRLEAD_PEPPER: planted });
        expect(message).not.toContain('PLANTED');
      }),
    );
  });

  /** Returns the part of the message about the variable's value. */
  function lineOf(variable: string, environment: Record<string, string>): string | undefined {
    try {
      readSettings(environment);
      return undefined;
    } catch (error) {
      const prefix = `  ${variable}: `;
      const message = (error as SettingsError).message;
      const start = message.indexOf(`\n${prefix}`);
      if (start === -1) return undefined;
      const rest = message.slice(start + 1);
      const next = rest.indexOf('\n  FAIRLEAD_');
      return next === -1 ? rest : rest.slice(0, next);
    }
  }
});
