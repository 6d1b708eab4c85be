import type { GateResult } from '@fairlead/registry';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';
import { table } from '../output/table.ts';

/** Formats the results of gates: check, threshold and value. */
export function formatGates(output: Output, results: readonly GateResult[]): readonly string[] {
  const rows = results.map(({ gate, passed, found }) => {
    const [check = gate, ...threshold] = gate.split(/\s+(?=[<>]=)|(?<=^\w+)\s+/);
    return [passed ? 'passed' : 'FAILED', check, threshold.join(' '), oneLine(found)];
  });
  const [head = '', ...lines] = table(['result', 'gate', 'threshold', 'found'], rows);
  return [
    head,
    ...lines.map((line, index) =>
      line.replace(/^(?:passed|FAILED)/, (word) =>
        output.paint(results[index]?.passed === true ? 'good' : 'bad', word),
      ),
    ),
  ];
}
