import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchBinary } from './binary/bench-binary.ts';
import { benchBodies } from './bodies/bench-bodies.ts';
import { benchCapture } from './capture/bench-capture.ts';
import { benchCli } from './cli/bench-cli.ts';
import { benchDecode } from './decode/bench-decode.ts';
import { benchRecording } from './features/bench-recording.ts';
import { benchTraces } from './features/bench-traces.ts';
import { benchLiveness } from './liveness/bench-liveness.ts';
import { benchManyModels } from './many-models/bench-many-models.ts';
import { benchOverload } from './overload/bench-overload.ts';
import { benchParts } from './parts/bench-parts.ts';
import { benchPeers } from './peers/bench-peers.ts';
import { benchPerformance } from './performance/bench-performance.ts';
import { benchRegistry } from './registry/bench-registry.ts';
import { benchStart } from './start/bench-start.ts';
import { benchThroughput } from './throughput/bench-throughput.ts';
import { benchWindows } from './windows/bench-windows.ts';

// npm run bench -- [liveness|throughput|peers|binary|parts|decode|overload|bodies|recording|capture|registry|many-models|cli|performance|windows|traces …] [--models medium,large] [--connections 1,64] [--seconds 5] [--rounds 3] [--starts 3] [--rows 10000000]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: 'tiny,medium,large,cnn' },
    connections: { type: 'string', default: '1,8,64,256' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    starts: { type: 'string', default: '3' },
    rows: { type: 'string', default: '10000000' },
  },
});
const folder = fileURLToPath(new URL('../../../.fairlead/bench', import.meta.url));
mkdirSync(folder, { recursive: true });
/** The output is also stored, until the next run. */
const results = join(folder, 'results.md');
writeFileSync(results, '');
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
  appendFileSync(results, `${line}\n`);
};
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const starts = Number(values.starts);
const models = values.models.split(',');
const connections = values.connections.split(',').map(Number);

const benches: Readonly<Record<string, () => Promise<void>>> = {
  liveness: () => benchLiveness(print),
  throughput: () => benchThroughput({ models, connections, seconds, rounds, folder }, print),
  peers: () => benchPeers({ models, connections, seconds, rounds, folder }, print),
  binary: () => benchBinary({ connections, seconds, rounds, folder }, print),
  start: () => benchStart({ seconds, rounds, folder }, print),
  parts: () => benchParts({ seconds, folder }, print),
  decode: () => {
    benchDecode(print);
    return Promise.resolve();
  },
  overload: () => benchOverload({ seconds, folder }, print),
  bodies: () => benchBodies({ folder }, print),
  recording: () => benchRecording({ connections, seconds, rounds, starts, folder }, print),
  capture: () => {
    benchCapture({ rounds, folder }, print);
    return Promise.resolve();
  },
  registry: () => benchRegistry({ folder }, print),
  'many-models': () => benchManyModels({ folder }, print),
  cli: () => benchCli({ folder }, print),
  performance: () => benchPerformance({ folder, rows: Number(values.rows) }, print),
  traces: () => benchTraces({ connections, seconds, rounds, starts, folder }, print),
  windows: () => benchWindows({ folder }, print),
};

const wanted = positionals.length === 0 ? Object.keys(benches) : positionals;
for (const name of wanted) {
  if (Object.hasOwn(benches, name)) continue;
  throw new Error(`no benchmark "${name}"; there are ${Object.keys(benches).join(', ')}`);
}
print(
  `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}; the load comes from the same machine.`,
);
for (const name of wanted) {
  print('');
  print(`## ${name}`);
  print('');
  await benches[name]?.();
}
