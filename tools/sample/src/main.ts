import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import type { Program } from './child.ts';
import { choosePort, grpcPort as grpcChoice } from './choose-port.ts';
import { openDemoSecrets } from './demo-key.ts';
import { endLeftovers } from './leftovers.ts';
import { exportFlaskModels } from './export-flask-models.ts';
import { exportParityReports } from './export-parity-reports.ts';
import { askGolden, goldenPredictions } from './golden-predictions.ts';
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

// ONNX Runtime from 1.30 on reports its use to its maker unless it is told not to.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** What `kill -USR2` does, once everything runs. */
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
// Whoever read what is said here may be gone, as with `npm start | head`; everything is stopped in order all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** Trains, pushes, renders and runs the sample application until it is told to stop. */
async function main(): Promise<void> {
  const settings = readSampleSettings(process.env, root);
  if (settings.ignored.length > 0) {
    say(
      `${settings.ignored.join(', ')}: without effect here; the sample application chooses the settings of its gateway.`,
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
    say('Stopping …');
    stop.abort();
    await running.stop();
    await started.catch(() => undefined);
    // A program that was killed leaves its socket.
    rmSync(state.sockets, { recursive: true, force: true });
    claim.close();
    say('Stopped.');
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
  say('Training the sample models (skipped when nothing has changed) …');
  await trainModels(root, state.training, stop.signal);
  const trained = readTrainedModels(state.training);
  const registry = new ModelRegistry({ store: folderStore(state.registry) });
  for (const { created, manifest, refused } of await pushModels(registry, trained, root)) {
    const { model, version } = manifest;
    say(
      created
        ? `Pushed ${model} version ${version}.`
        : `${model} version ${version} is there already.`,
    );
    if (refused !== undefined) say(`The champion of ${model} stays: ${refused}`);
  }
  stop.signal.throwIfAborted();
  const names = trained.map(({ model }) => model);
  await exportFlaskModels(registry, names, state.flaskModels);
  const reports = await exportParityReports(registry, names, state.parity);
  const secrets = openDemoSecrets(state);
  const host = { ...facts, port, grpcPort };
  const programs = await preparePrograms(root, state, host, secrets, nginxAccount);
  // Models that a user pushed beside these are not the starter's to check.
  const own = new Set(names.flatMap((name) => [name, flaskName(name)]));
  const predictions = await goldenPredictions(registry, own);

  const isUp = async (place: Parameters<typeof httpCall>[0]): Promise<string | undefined> => {
    const { status, body } = await httpCall(place, '/v2/health/ready');
    return status === 200 ? undefined : `it answers ${status}: ${body}`;
  };
  say('Starting Flask under Gunicorn, the gateway and Nginx …');
  await running.start(programs.flask, 60_000, () => isUp({ socketPath: programs.flaskSocket }));
  await running.start(programs.gateway, 60_000, () => isUp({ socketPath: programs.gatewaySocket }));
  await running.start(programs.nginx, 20_000, async () => {
    for (const prediction of predictions) {
      const problem = await askGolden(port, secrets.key, prediction);
      if (problem !== undefined) return problem;
    }
    return undefined;
  });
  restart = () => void restartGateway(running, programs.gateway);
  say(await summarize(registry, predictions, { port, grpcPort, reports }, secrets.key));
}

/** Has another gateway take over, as an update of a host does; one at a time. */
async function restartGateway(running: RunningPrograms, gateway: Program): Promise<void> {
  const again = restart;
  restart = () => undefined;
  say('Restarting the gateway …');
  try {
    await running.replace(gateway, 60_000);
    say('Another gateway has taken over.');
  } catch (error) {
    // When everything ends, it isn't replaced either.
    if (!stop.signal.aborted) say(error instanceof Error ? error.message : String(error));
  }
  restart = again;
}

try {
  await main();
} catch (error) {
  const told = error instanceof SampleError || (error instanceof Error && 'code' in error);
  process.stderr.write(`\n${told ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
}
