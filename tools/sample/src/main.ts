import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import type { Program } from './child.ts';
import { choosePort, grpcPort as grpcChoice } from './choose-port.ts';
import { openDemoSecrets } from './demo-secrets.ts';
import { endLeftovers } from './leftovers.ts';
import { exportFlaskModels } from './export-flask-models.ts';
import { exportParityReports } from './export-parity-reports.ts';
import { checkPrediction, goldenPredictions } from './golden-predictions.ts';
import { readHostFacts } from './host-facts.ts';
import { httpCall } from './http-call.ts';
import { findNginxAccount, type Account } from './nginx-account.ts';
import { preparePrograms } from './programs.ts';
import { flaskName, pushModels } from './push-models.ts';
import { RunningPrograms } from './run-programs.ts';
import { SampleError } from './sample-error.ts';
import { readSampleSettings, type SampleSettings } from './sample-settings.ts';
import { claimStateFolder } from './single-instance.ts';
import { openStateFolder } from './state-folder.ts';
import { summarize } from './summary.ts';
import { readTrainedModels } from './trained-model.ts';
import { trainModels } from './train-models.ts';

// ONNX Runtime sends telemetry from version 1.30 on unless this is set.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const REPLACE_TIMEOUT_MS = 60_000;

/** Called on SIGUSR2; restarts the gateway once everything runs. */
let restart = (): void => undefined;
process.on('SIGUSR2', () => {
  restart();
});

const stop = new AbortController();
const stopped = Promise.withResolvers<undefined>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stop.abort();
    stopped.resolve(undefined);
  });
}
// The reader of the output may have ended, as with `npm start | head`; everything is still stopped in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** Trains, pushes, renders and runs the sample application until a signal stops it. */
async function main(): Promise<void> {
  const settings = readSampleSettings(process.env, root);
  if (settings.ignored.length > 0) {
    print(
      `${settings.ignored.join(', ')}: ignored; the sample application chooses the settings of its gateway.`,
    );
  }
  const nginxAccount = findNginxAccount();
  const state = openStateFolder(settings.stateFolder, nginxAccount);
  const claim = await claimStateFolder(state.root);
  const running = new RunningPrograms(state.logs, state.processes);
  const started = start(settings, state, running, nginxAccount);
  try {
    await Promise.race([started.then(() => running.died), stopped.promise]);
  } finally {
    print('Stopping …');
    stop.abort();
    await running.stop();
    await started.catch(() => undefined);
    // A program that was killed leaves its socket.
    rmSync(state.sockets, { recursive: true, force: true });
    claim.close();
    print('Stopped.');
  }
}

async function start(
  settings: SampleSettings,
  state: ReturnType<typeof openStateFolder>,
  running: RunningPrograms,
  nginxAccount: Account | undefined,
): Promise<void> {
  await endLeftovers(state.processes);
  const facts = readHostFacts();
  const port = await choosePort(settings.port);
  const grpcPort = await choosePort(settings.grpcPort, grpcChoice(settings.port));
  print('Training the sample models (skipped when nothing has changed) …');
  await trainModels(root, state.training, stop.signal);
  const trained = readTrainedModels(state.training);
  const registry = new ModelRegistry({ store: folderStore(state.registry) });
  for (const { created, manifest, refused } of await pushModels(registry, trained, root)) {
    const { model, version } = manifest;
    print(
      created
        ? `Pushed ${model} version ${version}.`
        : `${model} version ${version} exists already.`,
    );
    if (refused !== undefined) print(`The champion of ${model} is unchanged: ${refused}`);
  }
  stop.signal.throwIfAborted();
  const names = trained.map(({ model }) => model);
  await exportFlaskModels(registry, names, state.flaskModels);
  const reports = await exportParityReports(registry, names, state.parity);
  const secrets = openDemoSecrets(state);
  const host = { ...facts, port, grpcPort };
  const programs = await preparePrograms(root, state, host, secrets, nginxAccount);
  // Only the models of the sample are checked, not those that a user pushed.
  const sampleModels = new Set(names.flatMap((name) => [name, flaskName(name)]));
  const predictions = await goldenPredictions(registry, sampleModels);

  const isUp = async (address: Parameters<typeof httpCall>[0]): Promise<string | undefined> => {
    const { status, body } = await httpCall(address, '/v2/health/ready');
    return status === 200 ? undefined : `it responds with ${status}: ${body}`;
  };
  print('Starting Flask under Gunicorn, the gateway and Nginx …');
  await running.start(programs.flask, 60_000, () => isUp({ socketPath: programs.flaskSocket }));
  await running.start(programs.gateway, 60_000, () => isUp({ socketPath: programs.gatewaySocket }));
  await running.start(programs.nginx, 20_000, async () => {
    for (const prediction of predictions) {
      const problem = await checkPrediction(port, secrets.key, prediction);
      if (problem !== undefined) return problem;
    }
    return undefined;
  });
  restart = () => void restartGateway(running, programs.gateway);
  print(await summarize(registry, predictions, { port, grpcPort, reports }, secrets.key));
}

/** Replaces the gateway by another process, as an update of a host does; one replacement at a time. */
async function restartGateway(running: RunningPrograms, gateway: Program): Promise<void> {
  const again = restart;
  restart = () => undefined;
  print('Restarting the gateway …');
  try {
    // Until its models are loaded, only the predecessor may accept connections.
    const environment = {
      ...gateway.environment,
      FAIRLEAD_LISTEN_WAIT_MS: String(REPLACE_TIMEOUT_MS),
    };
    await running.replace({ ...gateway, environment }, REPLACE_TIMEOUT_MS);
    print('Another gateway has taken over.');
  } catch (error) {
    // An error during the shutdown is expected.
    if (!stop.signal.aborted) print(error instanceof Error ? error.message : String(error));
  }
  restart = again;
}

try {
  await main();
} catch (error) {
  const isExpected = error instanceof SampleError || (error instanceof Error && 'code' in error);
  process.stderr.write(
    `\n${isExpected ? error.message : String((error as Error).stack ?? error)}\n`,
  );
  process.exitCode = 1;
}
