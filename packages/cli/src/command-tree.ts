import type { Command } from '@commander-js/extra-typings';
import type { CommandContext } from './command-context.ts';

/** Adds the arguments, options, examples and action of a command. */
export type DefineCommand = (command: Command, context: CommandContext) => void;

/** A command. Its module is loaded only when a command line names it: the help of its group needs the description alone. */
export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Left out of the help and of completion. @defaultValue false */
  readonly hidden?: boolean;
  /** Runs when a command line names no command of its group. @defaultValue false */
  readonly isDefault?: boolean;
  readonly load: () => Promise<DefineCommand>;
}

/** A group of commands, such as `fairlead model`. */
export interface CommandGroup {
  readonly name: string;
  readonly description: string;
  readonly commands: readonly (CommandEntry | CommandGroup)[];
}
