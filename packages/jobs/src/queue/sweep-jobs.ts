import type { JobLifecycle } from './job-lifecycle.ts';

const INCOMPLETE_AFTER_MS = 3_600_000;

/** Removes jobs whose retention has ended, repairs what a crash left incomplete, and counts the usage again. */
export async function sweepJobs(jobs: JobLifecycle): Promise<void> {
  const { records } = jobs.backend;
  const now = jobs.now();
  await records.removeIncomplete(now - INCOMPLETE_AFTER_MS);
  for await (const { name, modifiedAtMs } of records.list('finished')) {
    if (modifiedAtMs < now - jobs.retentionMs) await jobs.removeFinished(name);
  }
  await repairEntries(jobs, now);
  await jobs.ledger.recount();
}

/** Adds the entries of requests that a crash cut off, fails requests whose entry was lost, and removes stray entries. */
async function repairEntries(jobs: JobLifecycle, now: number): Promise<void> {
  const { records, runs, requeueAfterMs, maxEntryAgeMs } = jobs.backend;
  // Listed before the requests: an entry whose request isn't listed then has lost it.
  const entries = new Set<string>();
  for await (const id of runs.ids()) entries.add(id);
  const stray = new Set(entries);
  for await (const { name: id, modifiedAtMs } of records.list('pending')) {
    stray.delete(id);
    if (modifiedAtMs < now - maxEntryAgeMs) await failLost(jobs, id);
    else if (modifiedAtMs < now - requeueAfterMs && !entries.has(id)) await jobs.ensureEntry(id);
  }
  for (const id of stray) await runs.remove(id);
}

async function failLost(jobs: JobLifecycle, id: string): Promise<void> {
  const request = await jobs.records.readRequest(id);
  if (request === undefined) return;
  const days = jobs.backend.maxEntryAgeMs / 86_400_000;
  const reason = `its message was lost: SQS retains no message for longer than ${days} days`;
  const finishedAtMs = jobs.now();
  await jobs.finish(request, { state: 'failed', attempts: 0, finishedAtMs, reason });
  await jobs.removePending(id);
  await jobs.backend.runs.remove(id);
}
