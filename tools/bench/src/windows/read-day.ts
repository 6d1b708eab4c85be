import { judgeDrift } from '@fairlead/drift';
import { folderStore } from '@fairlead/registry';
import { openWindowStore } from '@fairlead/windows';
import { LABEL, syntheticBaseline } from './synthetic-model.ts';

// node read-day.ts FOLDER plain|roll-up
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const [root = '', how] = process.argv.slice(2);
const from = Math.floor(Date.now() / DAY_MS - 1) * DAY_MS;
const baseline = syntheticBaseline();
const startedAt = performance.now();
const store = await openWindowStore({ objects: folderStore(root), rollUp: how === 'roll-up' });
const windows = await store.read(LABEL, { from, to: from + DAY_MS, unit: 'hour' });
const report = judgeDrift(baseline, windows, { windowMs: HOUR_MS });
const seconds = (performance.now() - startedAt) / 1000;
if (windows.length !== 24 || report.status !== 'ok') {
  throw new Error(`read ${windows.length} hours, and judged them ${report.status}`);
}
await store.close();
const megabytes = process.resourceUsage().maxRSS / 1000;
process.stdout.write(JSON.stringify({ seconds, megabytes }));
