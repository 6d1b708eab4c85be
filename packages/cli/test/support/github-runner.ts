import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';

type Values = Readonly<Record<string, string>>;
/** Returns the words that run a command elsewhere, such as in a network of hosts. */
export type Enter = (argv: readonly string[]) => readonly string[];

/** Step of a job of GitHub Actions. */
interface WorkflowStep {
  readonly name?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Values;
}

/** Job of a workflow. */
interface WorkflowJob {
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Values;
  readonly outputs?: Values;
  readonly env?: Values;
  readonly steps: readonly WorkflowStep[];
}

/** Workflow of GitHub Actions. */
export interface Workflow {
  readonly on: unknown;
  readonly permissions: unknown;
  readonly concurrency: unknown;
  readonly env?: Values;
  readonly jobs: Readonly<Record<string, WorkflowJob>>;
}

/** Reads a workflow. */
export function readWorkflow(path: string): Workflow {
  return parse(readFileSync(path, 'utf8')) as Workflow;
}

/** A runner of jobs: its environment and the values of the contexts. */
export interface RunnerOptions {
  /** Folder of the sources. */
  readonly workspace: string;
  /** Variables that every step has, such as `PATH`. */
  readonly env: Values;
  /** Returns the words that run a step. Default: the step itself. */
  readonly enter?: Enter;
  readonly github: Values;
  /** Returns the variables and the secrets of an environment. */
  readonly valuesOf: (environment: string | undefined) => {
    readonly vars: Values;
    readonly secrets: Values;
  };
}

/** Result of a step with `run`. */
interface StepResult {
  readonly job: string;
  readonly name: string;
  readonly code: number;
  readonly output: string;
}

/** Results of the jobs of a workflow. */
export interface WorkflowResult {
  readonly steps: readonly StepResult[];
  /** Outputs of each job. */
  readonly outputs: Readonly<Record<string, Values>>;
  /** Jobs that were skipped by `if`, or after a failure. */
  readonly skipped: readonly string[];
  /** Text of the summaries. */
  readonly summary: string;
}

/**
 * Runs the jobs of a workflow in order, as a runner of GitHub does: expressions are replaced, and every `run` is a script of
 * `bash -eo pipefail` with its files for outputs and the summary. Steps with `uses` are left out.
 */
export async function runWorkflow(
  workflow: Workflow,
  { workspace, env, enter, github, valuesOf }: RunnerOptions,
): Promise<WorkflowResult> {
  const steps: StepResult[] = [];
  const outputs: Record<string, Values> = {};
  const skipped: string[] = [];
  const temp = mkdtempSync(join(workspace, '.runner-'));
  let summary = '';
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const needs = [job.needs ?? []].flat();
    const stepOutputs: Record<string, Values> = {};
    const contexts = (more: Values = {}): Values => ({
      ...prefixed('github', github),
      ...prefixed('vars', valuesOf(job.environment).vars),
      ...prefixed('secrets', valuesOf(job.environment).secrets),
      ...prefixed('runner', { temp }),
      ...Object.fromEntries(
        needs.flatMap((each) => Object.entries(prefixed(`needs.${each}.outputs`, outputs[each]))),
      ),
      ...Object.fromEntries(
        Object.entries(stepOutputs).flatMap(([id, values]) =>
          Object.entries(prefixed(`steps.${id}.outputs`, values)),
        ),
      ),
      ...more,
    });
    const isReady = needs.every((each) => outputs[each] !== undefined);
    if (!isReady || !isTrue(job.if, contexts())) {
      skipped.push(name);
      continue;
    }
    let failed = false;
    for (const [index, step] of job.steps.entries()) {
      if (step.run === undefined || failed || !isTrue(step.if, contexts())) continue;
      const file = (kind: string): string => {
        const path = join(temp, `${name}-${index}-${kind}`);
        writeFileSync(path, '');
        return path;
      };
      const files = { output: file('output'), summary: file('summary'), script: file('script') };
      const variables = { ...workflow.env, ...job.env, ...step.env };
      const given = Object.entries(variables).map(([key, value]) => [
        key,
        replaced(value, contexts()),
      ]);
      writeFileSync(files.script, replaced(step.run, contexts()));
      const all = {
        ...env,
        ...{ GITHUB_OUTPUT: files.output, GITHUB_STEP_SUMMARY: files.summary, RUNNER_TEMP: temp },
        ...(Object.fromEntries(given) as Values),
      };
      const { code, output } = await runBash(files.script, workspace, all, enter);
      steps.push({ job: name, name: step.name ?? step.run, code, output });
      summary += readFileSync(files.summary, 'utf8');
      if (step.id !== undefined) stepOutputs[step.id] = readPairs(files.output);
      failed = code !== 0;
    }
    if (failed) continue;
    outputs[name] = Object.fromEntries(
      Object.entries(job.outputs ?? {}).map(([key, value]) => [key, replaced(value, contexts())]),
    );
  }
  return { steps, outputs, skipped, summary };
}

/** Runs a script as GitHub runs one with `shell: bash`. */
export async function runBash(
  script: string,
  folder: string,
  env: Values,
  enter: Enter = (argv) => argv,
): Promise<{ readonly code: number; readonly output: string }> {
  mkdirSync(folder, { recursive: true });
  const bash = ['bash', '--noprofile', '--norc', '-eo', 'pipefail', script];
  // A command that runs elsewhere begins in another folder.
  const [program = '', ...args] = enter(['env', '-C', folder, ...bash]);
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, output: (await texts).join('') };
}

function prefixed(prefix: string, values: Values = {}): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]),
  );
}

/** Replaces the expressions of a text; one without a value is empty, as on GitHub. */
function replaced(value: string, contexts: Values): string {
  return value.replaceAll(/\$\{\{ *([\w.-]+) *\}\}/g, (_, name: string) => contexts[name] ?? '');
}

/** Evaluates a condition: the only form that the workflows use. */
function isTrue(condition: string | undefined, contexts: Values): boolean {
  if (condition === undefined) return true;
  const [, name = ''] = /^([\w.-]+) != ''$/.exec(condition) ?? [];
  if (name === '') throw new Error(`the runner has no condition ${condition}`);
  return (contexts[name] ?? '') !== '';
}

function readPairs(path: string): Values {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
