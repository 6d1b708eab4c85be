import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { awsTestConnection, s3Client, startMoto } from '@fairlead/test-support';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bin, commandEnv } from './support/bin.ts';
import { commandsOfLine, exampleLines, isForHosts } from './support/example-lines.ts';
import { prepareExamples } from './support/example-place.ts';
import { type RunResult, run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const { ModelRegistry, openStore } = await import('@fairlead/registry');
const { inferenceHandler, ModelServer } = await import('@fairlead/serving');
const { onnxRuntime } = await import('@fairlead/serving/onnx');

const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
const env: Record<string, string> = {
  FAIRLEAD_REGISTRY: './registry',
  FAIRLEAD_ACTOR: 'ada',
  FAIRLEAD_KEYS_FILE: 'keys.json',
  FAIRLEAD_PEPPER: 'p'.repeat(40),
  FAIRLEAD_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
};

interface Expectation {
  /** The essential line of the output. */
  readonly prints: string | RegExp;
  /** Commands before the example, separated by `; `. */
  readonly after?: string;
  /** Files of the prepared folder that the example is to create. */
  readonly without?: readonly string[];
  /** The command runs until a signal ends it: the code or signal that it then ends with. */
  readonly until?: 0 | 'SIGINT';
}

/** Gives a captured row its label, and sets a policy with a training that copies a model. */
const LABELS = 'labels import iris row-labels.csv --captures ./captured';
const POLICY = 'retrain policy iris --set policy.json --min-rows 1';

const HOOK = 'https://hooks.example/registry';

const expectations: Readonly<Record<string, string | RegExp | Expectation>> = {
  'serve --registry ./registry': { prints: /curl .*\/v2\/models\/digits\/infer/, until: 0 },
  'serve --model iris --port 9000': { prints: /curl .*\/v2\/models\/iris\/infer/, until: 0 },
  'serve model.onnx': { prints: /curl .*\/v2\/models\/model\/infer/, until: 0 },
  'serve --processes 2': { prints: /curl .*\/v2\/models\/digits\/infer/, until: 0 },
  'init my-models': 'Created my-models/service.ts',
  'init --without-service': { prints: 'Created train.ts', without: ['fairlead.config.ts'] },
  'init my-models --ci github': 'Created my-models/.github/workflows/deploy.yml',
  'init --ci gitlab --model churn': 'Created .gitlab-ci.yml',
  doctor: /^ok +registry: .*2 models, 2 with the alias champion$/m,
  'doctor --registry s3://models/prod --json': '"check": "registry"',
  'model push digits model.onnx --metric accuracy=0.973':
    'Pushed version 8 of digits: onnx, 1 file',
  'model push digits-flask ./service --upstream flask --upstream-url http://127.0.0.1:5000':
    'Pushed version 1 of digits-flask: upstream',
  'model push digits mlruns/1/models/m-0c1/artifacts':
    'Validation: loaded, 1 golden example passed',
  'model push digits trained/digits --git-commit HEAD': 'Pushed version 8 of digits',
  'model push digits model.onnx --baseline train.csv --label digit': 'Pushed version 8 of digits',
  'model push digits trained/digits --dry-run': 'Dry run: nothing was changed',
  'model list --registry ./registry': /^digits +7 +7 +candidate → 4, champion → 2$/m,
  "model list --json | jq '.models[].aliases.champion'": '"champion": 2',
  'model show digits': /^ +2 .* champion +accuracy 0.97$/m,
  'model show digits champion --card': 'Digits of letters.',
  'model show digits champion --html baseline.html': {
    after:
      'model push digits model.onnx --baseline train.csv --label digit; model promote digits 8',
    prints: /^Baseline$/m,
  },
  'model show digits 3 --json | jq .manifest.metrics.accuracy': '"accuracy": 0.97',
  'model history digits': 'pushed version 7',
  'model history digits --alias champion': 'set "champion" to version 2 (was 1)',
  'model watch digits': { prints: 'champion → 2 (was 1)', until: 'SIGINT' },
  'model watch digits --count 1': 'champion → 2 (was 1)',
  'model watch digits --json': { prints: '"version":2', until: 'SIGINT' },
  'model compare digits champion 4': /^accuracy +0.97 +0.97/m,
  "model compare digits champion 4 --json | jq '.breakingChanges'": '"breakingChanges": []',
  'model parity digits 3 --original http://127.0.0.1:5000/v2/models/digits --rows test.csv --max 1e-4 --record':
    'maximum absolute difference: 0',
  'model parity digits 4 --original digits@champion --rows captured.jsonl --html parity.html':
    'Compared with digits version 2 on 1 row',
  'model parity digits 3': 'Compared with the expected outputs of the rows on 2 rows',
  'model promote digits 3 -m "better on the new data"': 'points to version 3 now (before: 2)',
  'model promote digits 3 --dry-run': 'Dry run: nothing was changed',
  'model promote digits 3 --expect 2': 'points to version 3 now (before: 2)',
  'model promote digits 1 --expect none': {
    without: ['registry/models/digits/aliases/champion'],
    prints: 'points to version 1 now',
  },
  'model promote digits candidate': 'points to version 4 now (before: 2)',
  'model rollback digits -m "more errors since 14:00"': 'points to version 1 again (before: 2)',
  'model rollback digits --expect 7': {
    after: 'model promote digits 7',
    prints: 'points to version 2 again (before: 7)',
  },
  'model rollback digits --dry-run': 'Dry run: nothing was changed',
  'model gates show digits': 'No alias of digits has gates.',
  'model gates set digits champion "accuracy >= 0.95" "parity <= 1e-4" signatureCompatible "approvedBy 1"':
    'parity <= 1e-4',
  'model gates set digits champion --none -m "end of the test"': 'Removed the gates',
  'model gates check digits 3': {
    after: 'model gates set digits champion signatureCompatible',
    prints: /passed +signatureCompatible|signatureCompatible +passed/,
  },
  'model approve digits 3 -m "checked on our data"': 'ada approved version 3 of digits.',
  'model disapprove digits 3 -m "fails on blurred scans"': 'ada withdrew the approval',
  'model tag digits owner=ada team=vision': 'owner=ada',
  'model tag digits stage=testing --of 3': 'stage=testing',
  'model tag digits --delete stage --of 3': 'Tags of version 3 of digits: none',
  'model note digits "slow on the old hosts, see the runbook" --of champion':
    'Added a note to version 2',
  'model measure digits 3 p99Ms=12.5 -m "load test on c7i.large"': /p99Ms +12\.5/,
  'model measure digits 3 fairness=0.98 --document report.html': /fairness +0\.98/,
  'model sign digits 3 --key release.private.pem': 'Signed version 3 of digits with key',
  'model archive digits 2 -m "trained on wrong labels"': {
    after: 'model promote digits 3',
    prints: 'ada archived version 2 of digits',
  },
  'model unarchive digits 2': {
    after: 'model promote digits 3; model archive digits 2',
    prints: 'ada unarchived version 2 of digits',
  },
  'model verify --registry s3://models/prod': 'intact',
  'model gc --dry-run': 'A dry run would remove 0 files',
  'model gc --yes': 'Removed 0 files',
  'model prune digits --keep-last 10 --dry-run': 'A dry run would prune versions: none.',
  'model prune digits --keep-last 10 --yes': 'Pruned versions: none.',
  'model download digits champion --out digits': 'Downloaded version 2 of digits to digits:',
  'model download digits 3 --out digits --trusted-keys release.public.pem': 'Downloaded version 3',
  'model export digits.tar digits': /Exported \d+ objects to digits.tar/,
  'model export s3://models/prod digits --registry ./registry': /Exported \d+ objects to s3:/,
  'model import digits.tar --dry-run': {
    after: 'model export digits.tar digits',
    prints: 'Dry run: nothing was changed',
  },
  'model import digits.tar': { after: 'model export digits.tar digits', prints: '0 objects new' },
  'registry init --registry ./registry': 'can hold a registry',
  'registry init --registry s3://models/prod': 'can hold a registry',
  'registry backup backups/2030-01-31.tar': {
    without: ['backups/2030-01-31.tar'],
    prints: 'Backed up',
  },
  'registry backup s3://models-backup/prod': 's3://models-backup/prod',
  'registry restore backups/2030-01-31.tar ./restored': 'Restored 8 versions of 2 models',
  'registry restore backups/2030-01-31.tar ./restored --dry-run': 'Dry run: nothing was changed',
  'registry drill --registry s3://models/prod': 'identical',
  'registry drill --work-folder /mnt/scratch --within 30m': 'identical',
  [`registry forward ${HOOK} --cursor /var/lib/fairlead/hook.json`]: {
    after: `registry forward ${HOOK} --cursor /var/lib/fairlead/hook.json --once; model note digits news`,
    prints: /^delivered +digits/m,
    until: 0,
  },
  [`registry forward ${HOOK} --cursor hook.json --once`]: {
    after: `registry forward ${HOOK} --cursor hook.json --once; model note digits news`,
    prints: /^delivered +digits/m,
  },
  'registry forward https://a.example/hook https://b.example/hook --cursor a.json --cursor b.json':
    {
      after:
        'registry forward https://a.example/hook https://b.example/hook --cursor a.json --cursor b.json --once; model note digits news',
      prints: /^delivered[^]*^delivered/m,
      until: 0,
    },
  'key create --client acme --scope infer:digits --expires 90d --keys-file keys.json': /^fl_/m,
  'key create --client trial --scope infer:digits --quota requestsPerMonth=10000': /^fl_/m,
  'KEY=$(fairlead key create --client ci --scope admin)': /^fl_/m,
  'key list --keys-file keys.json': /acme +infer:\*/,
  'key revoke 0f3k9q1z7p2m --keys-file keys.json --yes': 'Revoked',
  'key signing release && fairlead model sign digits 3 --key release.private.pem': {
    without: ['release.private.pem', 'release.public.pem'],
    prints: 'Signed version 3 of digits with key',
  },
  'render deployment.ts --out rendered': 'etc/nginx/nginx.conf',
  'render deployment.ts --out rendered --check': 'etc/nginx/nginx.conf',
  'sudo fairlead render deployment.json --out /': 'etc/nginx/nginx.conf',
  'render docker fairlead.config.ts --pin': /^(?:written|unchanged) +644 +docker\/images.json$/m,
  'render docker fairlead.config.ts': 'docker/compose.yaml',
  'render docker fairlead.config.ts --check': /^unchanged +644 +docker\/compose.yaml$/m,
  'size digits --registry ./registry --seconds 2': /^digits behind the gateway on one core/,
  'size model.onnx --seconds 1 --json > churn.json': '"model": "model"',
  'size --measurement churn.json --requests-per-second 500 --p99 50ms': 'For ModelService: hosts:',
  'size --measurement churn.json --requests-per-second 500 --simulate': 'best fixed size',
  'size model.onnx --seconds 1 --calibrate': 'throughput on 2 cores',
  'size --refresh --region eu-west-1 --instances instances.json': 'have prices in eu-west-1',
  'notices test': /received$/m,
  'drift report iris': /^iris version 1: insufficient data/,
  'drift report iris@1 --since 24h --format html --out drift.html': /^$/,
  'drift report iris --since 2h --unit slot': /^iris version 1: insufficient data/,
  'drift report iris --json | jq -r \'.features[] | select(.status == "drift").name\'':
    '"format":"fairlead-drift-report"',
  'drift watch --once': 'iris version 1: insufficient data',
  'drift watch --once --notify': 'iris version 1: insufficient data',
  'drift watch iris --once --fail-on-drift': 'iris version 1: insufficient data',
  'drift watch': { prints: 'iris version 1: insufficient data', until: 0 },
  'capture query iris --captures ./captured': /^request_id +row +time/,
  'capture query iris@1 "SELECT date, hour, sum(weight) FROM captures WHERE row = 0 GROUP BY ALL" --captures ./captured':
    /^date +hour +sum\(weight\)\n.* 2\n$/,
  'capture query iris "SELECT count(label), count(*) FROM labeled" --since 30d --captures ./captured --json':
    '"count_star()": "4"',
  'capture export iris --out iris.parquet --captures ./captured': 'Exported 4 rows of iris',
  [`capture export iris --sql "SELECT * FROM captures WHERE request_id = 'a1'" --out a1.jsonl --captures ./captured`]:
    'Exported 2 rows of iris to a1.jsonl.',
  'capture ddl iris@1 --captures s3://models/prod > tables.sql':
    'CREATE EXTERNAL TABLE IF NOT EXISTS `iris_1`',
  'capture delete a1 a2 --captures ./captured --yes': 'Deleted 4 rows in 1 file',
  'capture delete "user 7" --column routing_key --captures ./captured --spool ./state/captures --yes':
    'Deleted 2 rows in 1 file',
  'capture prune --before 90d --captures ./captured --yes': 'Deleted 0 files of captured requests',
  'labels import iris labels.csv --captures ./captured --dry-run': 'would import 1 label of iris',
  'labels import iris outcomes.csv --id order --label paid --captures ./captured':
    'Imported 1 label of iris.',
  'performance report iris --captures ./captured': /^iris version 1: unknown/,
  'performance report iris@1 --by variant --since 30d --format html --out performance.html --captures ./captured':
    /^$/,
  'performance report iris --since 1d --notify --captures ./captured': /^iris version 1: unknown/,
  'performance report iris --captures ./captured --json | jq \'.total.measured[] | select(.name == "accuracy").value\'':
    '"format":"fairlead-performance-report"',
  'rollout start digits 6': 'Started rollout digits-1: version 6 against version 2.',
  'rollout start digits 6 --steps 10,50 --step-time 5m --slow-over 250': 'requests over 250 ms',
  'rollout start digits 6 --kind shadow --steps 20 --changed-labels 2':
    'guarded: failures up to 1.5 times those of the baseline, or below 0.5 %; changed labels up to 2 %',
  'rollout start digits 6 --kind experiment --metric conversion,smallest=2 --metric wait,type=mean,better=lower,role=guardrail --users 20000':
    'not worse by 5 %: wait',
  'rollout start digits 6 --dry-run': 'Would start a rollout of version 6 of digits',
  'rollout status digits': {
    after: 'rollout start digits 6',
    prints: 'status   running',
  },
  'rollout status digits --watch': {
    after: 'rollout start digits 6',
    prints: 'status   running',
    until: 0,
  },
  'rollout status digits --json': {
    after: 'rollout start digits 6',
    prints: '"status": "running"',
  },
  'rollout list': 'No rollout.',
  'rollout list --active': 'No rollout is active.',
  'rollout import digits conversions.csv --dry-run': {
    after: 'rollout start digits 6 --kind experiment --metric conversion --users 400',
    prints: 'A dry run would import 0 outcomes for rollout digits-1.',
  },
  'rollout import digits conversions.csv': {
    after: 'rollout start digits 6 --kind experiment --metric conversion --users 400',
    prints: 'Imported 0 outcomes for rollout digits-1.',
  },
  'rollout pause digits -m weekend': {
    after: 'rollout start digits 6',
    prints: 'Rollout digits-1 of version 6 is paused',
  },
  'rollout resume digits': {
    after: 'rollout start digits 6; rollout pause digits',
    prints: 'Rollout digits-1 of version 6 continues.',
  },
  'rollout promote digits -m "fixes the outage"': {
    after: 'rollout start digits 6',
    prints: '"champion" of digits points to version 6 now',
  },
  'rollout abort digits -m "odd answers"': {
    after: 'rollout start digits 6',
    prints: 'Rollout digits-1 of version 6 has ended',
  },
  'rollout report digits': {
    after: 'rollout start digits 6',
    prints: 'Nothing was counted yet.',
  },
  'rollout report digits --format html --out rollout.html': {
    after: 'rollout start digits 6',
    prints: '',
  },
  'retrain policy iris --on-drift --on-labels 5000 --cooldown 24h --working-folder . -- python train.py':
    '24 hours between attempts',
  'retrain policy iris --every 7d --below accuracy=0.9 --working-folder . -- python train.py':
    'accuracy below 0.9',
  'retrain policy iris --set policy.json': '100 new labels',
  'retrain policy iris': {
    after: 'retrain policy iris --set policy.json',
    prints: '100 new labels',
  },
  'retrain run iris -m "new features" --captures ./captured': {
    after: `${LABELS}; ${POLICY}`,
    prints: 'Attempt iris-1: the rollout iris-1 of version 2 runs.',
  },
  'retrain run iris --due --captures ./captured': {
    after: `${LABELS}; ${POLICY} --on-labels 3`,
    prints: 'iris is not retrained: 1 new label, and the policy retrains from 3.',
  },
  'retrain status iris --captures ./captured': {
    after: 'retrain policy iris --set policy.json',
    prints: '0 new labels, and the policy retrains from 100',
  },
  "retrain status iris --json | jq '.decision.due'": {
    after: 'retrain policy iris --set policy.json',
    prints: '"due": false',
  },
  'retrain abort iris -m "wrong labels"': {
    after: `${LABELS}; ${POLICY}; retrain run iris --captures ./captured`,
    prints: 'Attempt iris-1 has ended',
  },
  'dashboard grafana > dashboard.json': /"uid": "fairlead"/,
  'dashboard prometheus > fairlead.rules.yml': '"alert": "FairleadFailures"',
  'dashboard prometheus --limit latencySeconds=0.25 --limit failureShare=0.01':
    /"FairleadFailures",\n.* > 0\.01"/,
  'dashboard cloudwatch --namespace Fairlead --region eu-central-1 > dashboard.json':
    '"title": "Requests per minute"',
  'dashboard cloudwatch --namespace Fairlead --region eu-central-1 --host-namespace Fairlead/Host':
    '"title": "Memory used"',
  'dashboard alarms --namespace Fairlead --model digits --model churn --action arn:aws:sns:eu-central-1:123456789012:operations':
    /"fairlead-churn-latency"[^]*:operations"/,
  'dashboard alarms --namespace Fairlead --model digits --auto-scaling-group fairlead --limit latencyMs=250':
    /"fairlead-fairlead-disk"/,
  'source <(fairlead completion bash)': 'complete ',
  'source <(fairlead completion zsh)': '#compdef fairlead',
  'completion fish > ~/.config/fish/completions/fairlead.fish': 'complete -c fairlead',
};

/** Addresses, paths and ids of the page, and their replacements on this machine. */
const replacements = new Map<string, string>([
  ['/var/lib/fairlead/', './'],
  ['/mnt/scratch', './scratch'],
  ['9000', '0'],
]);

/** Examples that change no file: they share one folder. */
const READS =
  /^fairlead (?!.*--html)(?:doctor|completion|dashboard|drift report iris(?!@)|performance report iris(?!@)|capture (?:query|ddl)|serve --|key list|model (?:list|show|history|watch|compare|verify|gates show))|--dry-run|--check/;

const ended: (() => Promise<unknown>)[] = [];
let prepared = '';
let untouched: readonly string[] = [];

beforeAll(async () => {
  prepared = realpathSync(mkdtempSync(join(tmpdir(), 'fairlead-examples-')));
  await prepareExamples({ folder: prepared, env });
  const moto = await startMoto();
  const client = s3Client(moto.endpoint);
  for (const Bucket of ['models', 'models-backup']) {
    await client.send(new CreateBucketCommand({ Bucket }));
  }
  client.destroy();
  const { region, credentials } = awsTestConnection;
  Object.assign(env, {
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_ENDPOINT_URL_PRICING: await listen(answerPrice),
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  // The AWS SDK reads the environment of the process.
  for (const name of Object.keys(env)) {
    if (name.startsWith('AWS_')) vi.stubEnv(name, env[name]);
  }
  ended.push(() => moto.stop());
  for (const origin of ['https://hooks.example', 'https://a.example', 'https://b.example']) {
    replacements.set(origin, await listen((_request, response) => response.writeHead(204).end()));
  }
  env.FAIRLEAD_NOTICE_SLACK_WEBHOOKS = `${replacements.get('https://hooks.example') ?? ''}/notices`;
  replacements.set('http://127.0.0.1:5000', await startOriginal());
  const keys = JSON.parse(readFileSync(join(prepared, 'keys.json'), 'utf8')) as {
    keys: { id: string }[];
  };
  replacements.set('0f3k9q1z7p2m', keys.keys[0]?.id ?? '');
  await prepareContainers(prepared);
  untouched = filesOf(prepared);
});

/** Writes a configuration with containers, whose images a registry of this machine has, and renders it. */
async function prepareContainers(folder: string): Promise<void> {
  const headers = { 'docker-content-digest': `sha256:${'0123456789abcdef'.repeat(4)}` };
  const origin = await listen((_request, response) => response.writeHead(200, headers).end());
  const host = origin.replace('http://', '');
  const images = { node: `${host}/library/node:24`, nginx: `${host}/library/nginx:1.28` };
  mkdirSync(join(folder, 'docker'));
  writeFileSync(join(folder, 'docker/images.json'), JSON.stringify(images));
  const configuration =
    "export * from './deployment.ts';\nexport const containers = { entry: 'service.ts' };\n";
  writeFileSync(join(folder, 'fairlead.config.ts'), configuration);
  const rendered = await run({ folder, env }, 'render', 'docker', 'fairlead.config.ts', '--pin');
  expect(rendered.stderr).toBe('');
}

afterAll(async () => {
  vi.unstubAllEnvs();
  for (const end of ended.reverse()) await end();
  rmSync(prepared, { recursive: true, force: true });
});

/** Every file of a folder, with its size and the time of its last change. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => [path, lstatSync(join(folder, path))] as const)
    .filter(([, stats]) => stats.isFile())
    .map(([path, { size, mtimeMs }]) => `${path} ${size} ${mtimeMs}`)
    .sort();
}

/** A Pricing API, which moto doesn't have, with one price for all types. */
const answerPrice: RequestListener = (request, response) => {
  request.resume();
  const dimension = { unit: 'Hrs', pricePerUnit: { USD: '0.1' } };
  const price = { terms: { OnDemand: { term: { priceDimensions: { dimension } } } } };
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  response.end(JSON.stringify({ PriceList: [JSON.stringify(price)] }));
};

/** Starts a server that ends with the tests; resolves to its origin. */
async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves version 3 of digits, as the original of a comparison and as the upstream of Python files. */
async function startOriginal(): Promise<string> {
  const source = new ModelRegistry({ store: await openStore(join(prepared, 'registry')) });
  const runtimes = { onnx: onnxRuntime() };
  const models = new ModelServer({
    source: {
      resolve: () => Promise.resolve({ version: 3 }),
      openVersion: () => source.openVersion('digits', 3),
      // The alias points to another version, which would be loaded again and again.
      follow: () => Readable.from([]),
    },
    runtimes,
  });
  for (const model of ['digits', 'digits-flask']) await models.load(model, {});
  ended.push(() => models.close());
  return listen(inferenceHandler(models));
}

/** The words of a command on this machine: it never leaves `folder`. */
function adapt(words: readonly string[], folder: string): readonly string[] {
  const adapted = words.map((word, index) => {
    if (words[index - 1] === '--out' && word === '/') return './root';
    // The same steps of a measurement, each with fewer requests.
    if (words[index - 1] === '--seconds') return '0.2';
    let text = word;
    for (const [from, to] of replacements) text = text.replace(from, to);
    return text;
  });
  const outside = adapted.find((word) => word.startsWith('/') && !word.startsWith(folder));
  if (outside !== undefined) throw new Error(`${outside} is outside of the folder of the test`);
  return adapted;
}

/** Runs `fairlead model watch` in a process until it has printed a text, then sends SIGINT, which the command does not handle. */
async function runUntil(
  folder: string,
  words: readonly string[],
  pattern: RegExp,
): Promise<Omit<RunResult, 'exitCode'> & { readonly exitCode: unknown }> {
  const child = spawn(process.execPath, [...bin.slice(1), ...words], {
    cwd: folder,
    env: commandEnv(folder, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (pattern.test(stdout)) child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { exitCode: code ?? signal, stdout, stderr };
}

/** Examples of releases and hosts run on booted hosts: `deploy/examples.fleet.ts`. */
const lines = exampleLines(page).filter((line) => !isForHosts(line));

test('every example of docs/cli.md has an expectation, and no other line has one', () => {
  expect(lines.map((line) => line.replace(/^fairlead /, ''))).toEqual(Object.keys(expectations));
});

/** Matches the text itself. */
function literally(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
}

test.each(lines)('%s', async (line) => {
  const found = expectations[line.replace(/^fairlead /, '')] ?? '';
  const expected: Expectation =
    typeof found === 'string' || found instanceof RegExp ? { prints: found } : found;
  const { prints, without = [], after, until } = expected;
  const pattern = typeof prints === 'string' ? literally(prints) : prints;
  const reads = READS.test(line) && after === undefined;
  const folder = reads ? prepared : temporaryFolder();
  if (!reads) cpSync(prepared, folder, { recursive: true });
  for (const file of without) rmSync(join(folder, file), { recursive: true });
  const place = { folder, env };
  for (const before of after?.split('; ') ?? []) {
    const { exitCode, stderr } = await run(place, ...adapt(before.split(' '), folder));
    expect({ before, exitCode, stderr }).toMatchObject({ exitCode: 0 });
  }
  let output = '';
  for (const words of commandsOfLine(line)) {
    const { exitCode, stdout, stderr } =
      until === 'SIGINT'
        ? await runUntil(folder, adapt(words, folder), pattern)
        : await run(
            { ...place, ...(until === 0 && { stopAfter: pattern }) },
            ...adapt(words, folder),
          );
    expect({ exitCode, stderr }).toMatchObject({ exitCode: until ?? 0 });
    output += stdout;
  }
  expect(output).toMatch(pattern);
});

test('commands that read, and dry runs, change no file', () => {
  expect(filesOf(prepared)).toEqual(untouched);
});
