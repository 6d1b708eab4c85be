import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from './command-context.ts';
import type { CommandEntry, CommandGroup } from './command-tree.ts';

const loaders = new WeakMap<CommandUnknownOpts, () => Promise<void>>();

/** Adds commands by name and description; commander loads the rest of a command when it dispatches to it. */
export function addCommands(
  parent: CommandUnknownOpts,
  entries: readonly (CommandEntry | CommandGroup)[],
  context: CommandContext,
): void {
  for (const entry of entries) {
    const { name, description } = entry;
    if ('commands' in entry) {
      addCommands(parent.command(name).description(description), entry.commands, context);
      continue;
    }
    const { hidden = false, isDefault = false, load } = entry;
    const command = parent.command(name, { hidden, isDefault }).description(description);
    loaders.set(command, async () => {
      const define = await load();
      define(command, context);
    });
  }
  parent.hook('preSubcommand', (_parent, command) => loadCommand(command));
}

/** Loads the arguments, options and action of a command, unless they are loaded already. */
export async function loadCommand(command: CommandUnknownOpts): Promise<void> {
  const load = loaders.get(command);
  loaders.delete(command);
  await load?.();
}
