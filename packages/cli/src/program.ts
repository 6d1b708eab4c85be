import { readFileSync } from 'node:fs';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from './command-context.ts';
import { commands } from './commands/commands.ts';
import { addCommands } from './lazy-commands.ts';
import type { OutputStream } from './process-io.ts';

const EXIT_CODES = `
Exit codes:
  0  done
  1  what was asked for failed: gates, a verification, a golden example, parity
  2  the command line is wrong, or a file that it names
  3  somebody else was first, or something is in the way
  4  there is no such registry, model, version, alias or key
  5  the store can't be reached, or refuses
  6  what was read is damaged, or isn't signed by whom it should be
  70  a mistake in fairlead itself: please report it
  74  standard output can't be written, such as on a full disk

Environment:
  FAIRLEAD_REGISTRY        the registry: a folder or s3://bucket/prefix
  FAIRLEAD_ACTOR           who does what is done, for the history
  FAIRLEAD_KEYS_FILE       JSON file of the API keys
  FAIRLEAD_PEPPER          the secret that their digests are made with
  FAIRLEAD_API_KEY         the key that parity sends to the server of the original
  FAIRLEAD_WEBHOOK_SECRET  what registry forward signs with
  NO_COLOR                 when it is set, nothing is coloured`;

/** Builds the tree of commands by their names and descriptions; what one needs is loaded when it runs. */
export function buildProgram(context: CommandContext): CommandUnknownOpts {
  const { stdout, stderr } = context.io;
  const program = new Command('fairlead')
    .description('Takes models into a registry, into production, and back.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Errors are told in one place, with their codes.
      outputError: () => undefined,
      getOutHelpWidth: () => widthOf(stdout),
      getErrHelpWidth: () => widthOf(stderr),
    })
    // The arguments of a command are loaded when it runs, so its group lists the name alone.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', EXIT_CODES);
  addCommands(program, commands, context);
  return program;
}

/** Columns for help; a terminal whose width nobody set has 0. */
function widthOf({ columns = 0 }: OutputStream): number {
  return columns > 0 ? columns : 100;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
