import { Argument, type Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { addExamples } from '../add-examples.ts';
import type { CommandContext } from '../command-context.ts';
import type { DefineCommand } from '../command-tree.ts';
import { complete } from '../completion/complete.ts';
import { registrySource } from '../completion/registry-source.ts';
import { completionScript, shells } from '../completion/scripts.ts';
import { oneLine } from '../output/plain-text.ts';

/** Defines `fairlead completion`. */
export function defineCompletionCommand(command: Command, context: CommandContext): void {
  command.addArgument(new Argument('<shell>', 'Shell').choices(shells)).action((shell) => {
    context.output.print([completionScript(shell).trimEnd()]);
  });
  addExamples(command, [
    ['bash, in ~/.bashrc', 'source <(fairlead completion bash)'],
    ['zsh, in ~/.zshrc after compinit', 'source <(fairlead completion zsh)'],
    ['fish', 'fairlead completion fish > ~/.config/fish/completions/fairlead.fish'],
  ]);
}

/** Defines `fairlead __complete`, which the scripts of `fairlead completion` call. */
export const defineCompleteCommand: DefineCommand = (command, context) => {
  command.argument('[words...]').action(async (words) => {
    const program = rootOf(command);
    const found = await complete(program, words, registrySource(context));
    if ('files' in found) context.output.print([':files']);
    else {
      context.output.print(
        found.choices.map(({ value, description = '' }) => `${value}\t${oneLine(description)}`),
      );
    }
  });
};

function rootOf(command: CommandUnknownOpts): CommandUnknownOpts {
  return command.parent === null ? command : rootOf(command.parent);
}
