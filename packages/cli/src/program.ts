import { readFileSync } from 'node:fs';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from './command-context.ts';
import { commands } from './commands/commands.ts';
import { addCommands } from './lazy-commands.ts';
import type { OutputStream } from './process-io.ts';

const EXIT_CODES = `
Exit codes:
  0  success
  1  a check failed: gates, a verification, a golden example, parity, doctor, a release
  2  invalid command line, or an invalid file that it names; changes of plan --detailed-exitcode
  3  conflict: changed concurrently, locked, or already exists
  4  not found: registry, model, version, alias or key
  5  store or host unreachable, or access denied
  6  damaged data, or no signature of a trusted key
  70  internal error of fairlead: please report it
  74  standard output can't be written, such as on a full disk
  130  stopped by Ctrl-C or a signal

Environment:
  FAIRLEAD_REGISTRY          registry: a folder or s3://bucket/prefix
  FAIRLEAD_ACTOR             name for the history and the audit log
  FAIRLEAD_KEYS_FILE         JSON file of the API keys
  FAIRLEAD_PEPPER            secret for the digests of the API keys
  FAIRLEAD_API_KEY           API key that check and model parity send to a server
  FAIRLEAD_WEBHOOK_SECRET    secret that registry forward signs with
  FAIRLEAD_CAPTURE_LOCATION  captured requests and labels: a folder or s3://bucket/prefix
  NO_COLOR                   disables colors when it is set`;

/** Builds the tree of commands by their names and descriptions; what one needs is loaded when it runs. */
export function buildProgram(context: CommandContext): CommandUnknownOpts {
  const { stdout, stderr } = context.io;
  const program = new Command('fairlead')
    .description(
      'Manage machine-learning models: versions, aliases, registries, API keys and deployments.',
    )
    .version(packageVersion(), '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand('help [command]', 'Print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Errors are reported in one place, with their codes.
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

/** Columns for help; a terminal of unknown width has 0. */
function widthOf({ columns = 0 }: OutputStream): number {
  return columns > 0 ? columns : 100;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
