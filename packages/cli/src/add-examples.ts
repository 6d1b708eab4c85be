import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** A command line and its purpose. */
export type Example = readonly [purpose: string, line: string];

/** Ends the help of a command with examples. */
export function addExamples(command: CommandUnknownOpts, examples: readonly Example[]): void {
  const lines = examples.flatMap(([purpose, line]) => [`  # ${purpose}`, `  $ ${line}`]);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
