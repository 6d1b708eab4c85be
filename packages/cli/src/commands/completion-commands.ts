import { Argument, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { addExamples } from '../add-examples.ts';
import type { CommandContext } from '../command-context.ts';
import { complete } from '../completion/complete.ts';
import { registrySource } from '../completion/registry-source.ts';
import { completionScript, shells } from '../completion/scripts.ts';
import { oneLine } from '../output/plain-text.ts';

/** Adds `fairlead completion`, and what its scripts ask. */
export function addCompletionCommands(program: CommandUnknownOpts, context: CommandContext): void {
  const command = program
    .command('completion')
    .description('print the script that makes a shell complete fairlead')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell) => {
      context.output.print([completionScript(shell).trimEnd()]);
    });
  addExamples(command, [
    ['bash, in ~/.bashrc', 'source <(fairlead completion bash)'],
    ['zsh, in ~/.zshrc after compinit', 'source <(fairlead completion zsh)'],
    ['fish', 'fairlead completion fish > ~/.config/fish/completions/fairlead.fish'],
  ]);
  program
    .command('__complete [words...]', { hidden: true })
    .description('say how a command line can go on')
    .action(async (words) => {
      const found = await complete(program, words, registrySource(context));
      if ('files' in found) context.output.print([':files']);
      else {
        context.output.print(
          found.choices.map(({ value, description = '' }) => `${value}\t${oneLine(description)}`),
        );
      }
    });
}
