import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** Options that docs/cli.md describes once, for all commands. */
const commonOptions: readonly string[] = [
  '--registry',
  '--actor',
  '--reason',
  '--dry-run',
  '--yes',
  '--json',
];

/** The part of docs/cli.md that lists the commands, in Markdown: each with its arguments and options. */
export function commandReference(program: CommandUnknownOpts): string {
  return leavesOf(program, '')
    .map(({ path, command }) => {
      const description = command.description();
      const sentence = description.charAt(0).toUpperCase() + description.slice(1);
      const options = command.options.filter(({ hidden }) => !hidden);
      const isCommon = ({ long }: { readonly long?: string | undefined }) =>
        commonOptions.includes(long ?? '');
      const rows = [
        ...command.registeredArguments.map((each) => [argumentName(each), each.description]),
        ...options
          .filter((option) => !isCommon(option))
          .map(({ flags, description: what, defaultValue, defaultValueDescription: words }) => [
            flags,
            what +
              (defaultValue === undefined ? '' : ` (default: ${words ?? shown(defaultValue)})`),
          ]),
      ];
      const table = rows.map(([name = '', what = '']) => `| \`${name}\` | ${escaped(what)} |`);
      const common = options.filter(isCommon).map(({ long = '' }) => `\`${long}\``);
      return [
        `### fairlead ${path}`,
        `${sentence}.`,
        ...(table.length > 0 ? [`| | |\n| --- | --- |\n${table.join('\n')}`] : []),
        ...(common.length > 0 ? [`[Common options](#common-options): ${common.join(', ')}.`] : []),
        `\`\`\`sh\n${examplesOf(command).replaceAll(/^ {2}(?:\$ )?/gm, '')}\n\`\`\``,
      ].join('\n\n');
    })
    .join('\n\n');
}

/** The examples at the end of a command's help. */
export function examplesOf(command: CommandUnknownOpts): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  const [, examples = ''] = help.split('\nExamples:\n');
  return examples.trimEnd();
}

interface Leaf {
  readonly path: string;
  readonly command: CommandUnknownOpts;
}

/** The commands that do something, in the order of the help. */
export function leavesOf(command: CommandUnknownOpts, path: string): readonly Leaf[] {
  const children = command.commands.filter((each) => !each.name().startsWith('_'));
  if (children.length === 0) return [{ path, command }];
  return children.flatMap((each) => leavesOf(each, `${path} ${each.name()}`.trim()));
}

function argumentName(argument: CommandUnknownOpts['registeredArguments'][number]): string {
  const name = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
}

function shown(value: unknown): string {
  return value === 120_000 ? '2m' : String(value);
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('*', '\\*');
}
