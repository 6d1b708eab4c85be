import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

import { lintTemplate } from './cfn-lint.ts';

/** Problems that cdk-nag and cfn-lint find in a stack. */
export interface StackProblems {
  readonly nag: readonly string[];
  readonly lint: readonly string[];
}

/** Synthesizes a stack with what `add` creates in it, and checks its template. */
export async function checkStack(
  add: (stack: Stack) => void,
  region = 'eu-central-1',
): Promise<StackProblems> {
  const outdir = temporaryFolder();
  const app = new App({ outdir, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, 'Shop', { env: { region, account: '111122223333' } });
  add(stack);
  const exitCode = process.exitCode;
  let problem: unknown;
  try {
    app.synth();
  } catch (error) {
    problem = error;
  }
  process.exitCode = exitCode;
  return {
    nag: readFindings(outdir, problem),
    lint: await lintTemplate(join(outdir, 'Shop.template.json')),
  };
}

/** Findings of cdk-nag in a stack that is synthesized by `Template.fromStack`, with the resources that they are about. */
export function nagFindings(
  stack: Stack,
): readonly (readonly [rule: string, resources: unknown])[] {
  const { violations } = new AwsSolutionsChecks().validateScope(stack);
  return violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources]);
}

/** Errors and warnings of cfn-lint in a template. */
export async function lintFindings(template: object): Promise<readonly string[]> {
  const file = join(temporaryFolder(), 'template.json');
  writeFileSync(file, JSON.stringify(template));
  return lintTemplate(file);
}

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string;
      readonly violatingConstructs: readonly { readonly constructPath?: string }[];
    }[];
  }[];
}

function readFindings(folder: string, problem: unknown): string[] {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8')) as Report;
  } catch (cause) {
    throw problem ?? cause;
  }
  return report.pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath ?? ''}`),
    ),
  );
}
