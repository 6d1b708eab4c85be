import type { Argument, CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { loadCommand } from '../lazy-commands.ts';

/** One suggestion. */
export interface Completion {
  readonly value: string;
  readonly description?: string;
}

/** Suggestions for the next word, or files, which the shell lists itself. */
export type Completions = { readonly files: true } | { readonly choices: readonly Completion[] };

/** Suggestions from a registry. */
export interface CompletionSource {
  /** Names of the models. */
  models(location: string | undefined): Promise<readonly Completion[]>;
  /** Aliases of a model; with `versions`, its versions too. */
  aliases(
    location: string | undefined,
    model: string,
    options: { readonly versions: boolean },
  ): Promise<readonly Completion[]>;
}

const NOTHING: Completions = { choices: [] };
const FILES: Completions = { files: true };

/**
 * Suggests the last word of a command line: `words` are those after `fairlead`; the last one may be empty.
 *
 * Commands and options come from `program`; the name of an argument says what its values are: models, versions, files.
 */
export async function complete(
  program: CommandUnknownOpts,
  words: readonly string[],
  source: CompletionSource,
): Promise<Completions> {
  const done = words.slice(0, -1);
  const { command, positionals, pending, registry } = await readWords(program, done);
  const value = async (name: string): Promise<Completions> => {
    switch (name) {
      case 'model':
        return { choices: await source.models(registry) };
      case 'models':
        return { choices: await source.models(registry) };
      case 'version':
      case 'before':
      case 'after':
      case 'alias':
        return {
          choices: await source.aliases(registry, positionals[0] ?? '', {
            versions: name !== 'alias',
          }),
        };
      default:
        return NAMES_OF_FILES.has(name) ? FILES : NOTHING;
    }
  };
  if (pending !== undefined) return valueOf(pending, value);
  const word = words.at(-1) ?? '';
  if (word.startsWith('-')) return { choices: optionsOf(command) };
  const commands = command.commands.filter((each) => !each.name().startsWith('_'));
  if (commands.length > 0) {
    return {
      choices: commands.map((each) => ({ value: each.name(), description: each.description() })),
    };
  }
  const argument = argumentAt(command, positionals.length);
  if (argument === undefined) return NOTHING;
  if (argument.argChoices)
    return { choices: argument.argChoices.map((choice) => ({ value: choice })) };
  return value(argument.name());
}

const NAMES_OF_FILES = new Set([
  ...[
    'source',
    'file',
    'folder',
    'from',
    'to',
    'deployment',
    'location',
    'place',
    'path=file',
    'name',
  ],
]);

interface Words {
  readonly command: CommandUnknownOpts;
  readonly positionals: readonly string[];
  /** The option that the next word is the value of. */
  readonly pending: Option | undefined;
  /** The value of `--registry`. */
  readonly registry: string | undefined;
}

async function readWords(program: CommandUnknownOpts, words: readonly string[]): Promise<Words> {
  let command = program;
  let pending: Option | undefined;
  let registry: string | undefined;
  const positionals: string[] = [];
  for (const word of words) {
    if (pending !== undefined) {
      if (pending.long === '--registry') registry = word;
      pending = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      const [flag, given] = word.split('=', 2);
      const option = command.options.find((each) => each.long === flag || each.short === flag);
      if (given === undefined && option !== undefined && !option.isBoolean()) pending = option;
      if (given !== undefined && flag === '--registry') registry = given;
      continue;
    }
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) positionals.push(word);
    else {
      command = next;
      await loadCommand(command);
    }
  }
  return { command, positionals, pending, registry };
}

function valueOf(
  option: Option,
  value: (name: string) => Promise<Completions>,
): Completions | Promise<Completions> {
  if (option.argChoices) return { choices: option.argChoices.map((choice) => ({ value: choice })) };
  const [, name = ''] = /[<[]([^>\]]+)[>\]]/.exec(option.flags) ?? [];
  return value(name.replace(/\.\.\.$/, ''));
}

function optionsOf(command: CommandUnknownOpts): readonly Completion[] {
  const own = command.options.flatMap(({ long, description, hidden }) =>
    long === undefined || hidden ? [] : [{ value: long, description }],
  );
  return [...own, { value: '--help', description: 'Print this help' }];
}

function argumentAt(command: CommandUnknownOpts, index: number): Argument | undefined {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined);
}
