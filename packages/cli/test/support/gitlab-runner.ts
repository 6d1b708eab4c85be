import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { runBash, type Enter } from './github-runner.ts';

type Values = Readonly<Record<string, string>>;

/** Job of a pipeline of GitLab, with what it extends. */
export interface GitlabJob {
  readonly stage?: string;
  readonly extends?: string;
  readonly environment?: string | { readonly name: string };
  readonly resource_group?: string;
  readonly id_tokens?: unknown;
  readonly needs?: readonly string[];
  readonly rules?: readonly Readonly<Record<string, unknown>>[];
  readonly variables?: Values;
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
  readonly artifacts?: { readonly reports: { readonly dotenv: string } };
}

/** Reads the jobs of a pipeline: hidden ones are merged into those that extend them. */
export function readGitlabJobs(path: string): Readonly<Record<string, GitlabJob>> {
  const pipeline = parse(readFileSync(path, 'utf8')) as Readonly<Record<string, GitlabJob>>;
  const { default: common, variables } = pipeline;
  const whole = (job: GitlabJob): GitlabJob => {
    const parent = job.extends === undefined ? undefined : pipeline[job.extends];
    const inherited = parent === undefined ? common : whole(parent);
    const merged = { ...(variables as Values), ...inherited?.variables, ...job.variables };
    return { ...inherited, ...job, variables: merged };
  };
  return Object.fromEntries(
    Object.entries(pipeline)
      .filter(([name, { script }]) => !name.startsWith('.') && script !== undefined)
      .map(([name, job]) => [name, whole(job)]),
  );
}

/** Returns the name of the environment of a job. */
export function environmentOf({ environment }: GitlabJob): string | undefined {
  return typeof environment === 'string' ? environment : environment?.name;
}

/** Runs a job as a runner with bash does; resolves to the variables of its report, and its output. */
export async function runGitlabJob(
  { before_script: before = [], script = [], variables = {}, artifacts }: GitlabJob,
  { folder, env, enter }: { readonly folder: string; readonly env: Values; readonly enter?: Enter },
): Promise<{ readonly code: number; readonly output: string; readonly report: Values }> {
  const all: Record<string, string> = { ...env, CI_PROJECT_DIR: folder };
  for (const [name, value] of Object.entries(variables)) {
    all[name] = env[name] ?? value.replaceAll(/\$(\w+)/g, (_, key: string) => all[key] ?? '');
  }
  const path = join(folder, '.ci-script');
  writeFileSync(path, [...before, ...script].join('\n'));
  const { code, output } = await runBash(path, folder, all, enter);
  const report = artifacts?.reports.dotenv;
  if (report === undefined || code !== 0) return { code, output, report: {} };
  const lines = readFileSync(join(folder, report), 'utf8').split('\n').filter(Boolean);
  return {
    ...{ code, output },
    report: Object.fromEntries(lines.map((line) => line.split('=') as [string, string])),
  };
}
