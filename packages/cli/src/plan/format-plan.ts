import { shortDigest, shownRelease } from '../deploy/format-release.ts';
import { hostLabel } from '../hosts/select-hosts.ts';
import { count, formatBytes } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { table } from '../output/table.ts';
import type { HostResult } from '../hosts/on-hosts.ts';
import type { HostChanges } from './plan-hosts.ts';
import { newHostsLines } from './plan-new-hosts.ts';
import type { PlannedStack } from './plan-stack-of.ts';
import type { EnvironmentPlan, PlanSummary } from './summarize-plan.ts';

/** Effect of a deployment on a host that a killed one has drained. */
export const SERVE = 'stay, and get requests again: it is drained';

const SIGNS = { add: '+', modify: '~', remove: '-' } as const;

/** Formats a plan: hosts, hand edits, configuration, stack, and the numbers of changes. */
export function formatPlan(plan: EnvironmentPlan, summary: PlanSummary): readonly string[] {
  return [
    `Release ${shortDigest(plan.release)} on the hosts of ${plan.environment}`,
    ...table(['host', 'release', 'would'], plan.results.map(hostRow)),
    ...newHostsLines(plan.newHosts, plan.release),
    ...plan.results.flatMap(handEdits),
    ...configuration(plan.results),
    ...(plan.stack ? stackLines(plan.stack) : []),
    '',
    summaryLine(summary, plan),
  ];
}

function hostRow(result: HostResult<HostChanges>): readonly string[] {
  const label = hostLabel(result.host);
  if ('error' in result) return [label, '–', oneLine(result.error.message).slice(0, 160)];
  const { current, pending, upToDate, drained, sendBytes } = result.value;
  const shown = shownRelease(current, pending);
  if (upToDate) return [label, shown, drained === true ? SERVE : 'stay'];
  return [label, shown, `get ${formatBytes(sendBytes)}, and the release`];
}

function handEdits(result: HostResult<HostChanges>): readonly string[] {
  if ('error' in result || result.value.handEdits.length === 0) return [];
  const rows = result.value.handEdits.map((each) =>
    [each.subject, each.found, each.expected].map((text) => oneLine(text).slice(0, 100)),
  );
  return [
    ...['', `Edited by hand: ${hostLabel(result.host)}`],
    ...table(['subject', 'found', 'expected'], rows),
  ];
}

/** Formats the changed files, once for all hosts that have the same changes. */
function configuration(results: readonly HostResult<HostChanges>[]): readonly string[] {
  const hosts = new Map<string, string[]>();
  for (const result of results) {
    if ('error' in result || result.value.configuration.length === 0) continue;
    const text = result.value.configuration
      .flatMap(({ path, action, lines }) => [
        oneLine(`${SIGNS[action]} ${path}`),
        ...lines.map((each) => indented(`${SIGNS[each.action]} ${each.line}`)),
      ])
      .join('\n');
    hosts.set(text, [...(hosts.get(text) ?? []), hostLabel(result.host)]);
  }
  return [...hosts].flatMap(([text, names]) => [
    ...['', `Configuration on ${names.join(', ')}`],
    ...text.split('\n'),
  ]);
}

const METHODS = {
  'change-set': 'by a change set',
  template: 'by the templates',
  file: 'by the templates',
  new: 'which does not exist yet',
} as const;

const REPLACEMENTS = {
  yes: ' (replaced)',
  maybe: ' (perhaps replaced)',
  no: '',
  unknown: '',
} as const;

function stackLines(stack: PlannedStack): readonly string[] {
  const { stackName, method, fallback, changes, drift, driftProblem } = stack;
  const why = fallback === undefined ? '' : `, because ${oneLine(fallback)}`;
  const lines = changes.flatMap(({ action, subject, type, details, replacement }) => [
    oneLine(`${SIGNS[action]} ${type} ${subject}${REPLACEMENTS[replacement]}`),
    ...details.map(indented),
  ]);
  const edits = drift.flatMap(({ subject, type, details }) => [
    oneLine(`~ ${type} ${subject}`),
    ...details.map(indented),
  ]);
  return [
    ...['', `Stack ${stackName}, ${METHODS[method]}${why}`],
    ...(lines.length === 0 ? ['No change.'] : lines),
    ...(edits.length === 0 ? [] : ['', `Edited by hand: stack ${stackName}`, ...edits]),
    ...(driftProblem === undefined
      ? []
      : [
          '',
          oneLine(`Hand edits of the stack are not all detected: ${driftProblem.slice(0, 200)}`),
        ]),
  ];
}

function summaryLine(summary: PlanSummary, { stack, newHosts }: EnvironmentPlan): string {
  const { hostsToUpdate, filesToChange, stackChanges, parameterChanges } = summary;
  const { handEdits: edits, handEditsUnknown, differs } = summary;
  if (!differs && handEditsUnknown) {
    return 'No changes, and no hand edits of the hosts; those of the stack are unknown.';
  }
  if (!differs) return 'No changes, and no hand edits.';
  return `Plan: ${[
    `${count(hostsToUpdate, 'host')} to update`,
    count(filesToChange, 'configuration file'),
    ...(newHosts ? [count(parameterChanges, 'parameter')] : []),
    ...(stack ? [count(stackChanges, 'change of the stack', 'changes of the stack')] : []),
    count(edits, 'hand edit'),
  ].join(', ')}${handEditsUnknown ? '; those of the stack are not all known' : ''}.`;
}

/** Returns a detail below the line of its subject. */
function indented(text: string): string {
  return `    ${oneLine(text)}`;
}
