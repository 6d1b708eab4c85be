import type { TimelineEntry } from '@fairlead/registry';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';
import { formatTime } from '../output/format-values.ts';
import { table } from '../output/table.ts';
import { formatGates } from './format-gates.ts';

/** Formats a timeline: a line for each event, with its reason and gate results below. */
export function formatTimeline(
  output: Output,
  timeline: readonly Pick<TimelineEntry, 'at' | 'actor' | 'what' | 'reason' | 'gates'>[],
): readonly string[] {
  const lines = table(
    ['time', 'actor', 'event'],
    timeline.map(({ at, actor, what }) => [formatTime(at), oneLine(actor), oneLine(what)]),
  );
  const [head = '', ...rows] = lines;
  return [
    output.paint('faint', head),
    ...rows.flatMap((row, index) => {
      const { reason, gates } = timeline[index] ?? {};
      return [
        row,
        ...(reason === undefined ? [] : [`  reason: ${oneLine(reason)}`]),
        ...(gates === undefined
          ? []
          : formatGates(output, gates.results).map((line) => `  ${line}`)),
      ];
    }),
  ];
}
