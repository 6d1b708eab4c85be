import type { StoryItem } from '@fairlead/registry';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';
import { formatTime } from '../output/format-values.ts';
import { table } from '../output/table.ts';
import { formatGates } from './format-gates.ts';

/** Shows a story: a line for each thing that happened, and under it why, and how gates were decided. */
export function formatTimeline(output: Output, story: readonly StoryItem[]): readonly string[] {
  const lines = table(
    ['when', 'who', 'what'],
    story.map(({ at, actor, what }) => [formatTime(at), oneLine(actor), oneLine(what)]),
  );
  const [head = '', ...rows] = lines;
  return [
    output.paint('faint', head),
    ...rows.flatMap((row, index) => {
      const { reason, gates } = story[index] ?? {};
      return [
        row,
        ...(reason === undefined ? [] : [`  why: ${oneLine(reason)}`]),
        ...(gates === undefined
          ? []
          : formatGates(output, gates.results).map((line) => `  ${line}`)),
      ];
    }),
  ];
}
