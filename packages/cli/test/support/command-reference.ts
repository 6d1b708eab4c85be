import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** The part of docs/cli.md that lists the commands, in Markdown: each with its arguments and options. */
export function commandReference(program: CommandUnknownOpts): string {
  return leavesOf(program, '')
    .map(({ path, command }) => {
      const description = command.description();
      const sentence = description.charAt(0).toUpperCase() + description.slice(1);
      const rows = [
        ...command.registeredArguments.map((each) => [argumentName(each), each.description]),
        ...command.options
          .filter(({ hidden }) => !hidden)
          .map(({ flags, description: what, defaultValue }) => [
            flags,
            what + (defaultValue === undefined ? '' : ` (default: ${shown(defaultValue)})`),
          ]),
      ];
      const table = rows.map(([name = '', what = '']) => `| \`${name}\` | ${escaped(what)} |`);
      return [
        `### fairlead ${path}`,
        `${sentence}.`,
        `| | |\n| --- | --- |\n${table.join('\n')}`,
      ].join('\n\n');
    })
    .join('\n\n');
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
