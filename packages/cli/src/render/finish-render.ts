import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { count } from '../output/format-values.ts';
import { table } from '../output/table.ts';
import { writeFiles, type PlacedFile } from './place-files.ts';

/** Options of every command that renders. */
interface RenderOptions {
  readonly json?: true | undefined;
  readonly dryRun?: true | undefined;
  readonly check?: true | undefined;
}

/** Files of one command, and what it says about them. */
interface Rendered {
  readonly placed: readonly PlacedFile[];
  /** Folder that they are below. */
  readonly out: string;
  /** File with the deployment. */
  readonly source: string;
  /** Fields of the JSON document beside those of the files. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Lines below the table. */
  readonly lines: readonly string[];
}

/**
 * Writes the files that differ, unless `--check` or `--dry-run` is given, and prints them.
 *
 * @throws CliError `ERR_CLI_CHECK_FAILED` with `--check` when a file differs.
 */
export async function finishRender(
  context: CommandContext,
  options: RenderOptions,
  { placed, out, source, value, lines }: Rendered,
): Promise<void> {
  const differing = placed.filter(({ state }) => state !== 'unchanged');
  const dryRun = options.dryRun === true;
  const writes = !dryRun && options.check !== true;
  if (writes) await writeFiles(differing);
  const files = placed.map(({ path: file, state, rendered: { mode, owner, role } }) => ({
    ...{ path: file, state },
    ...(role !== undefined && { role }),
    mode: mode.toString(8),
    ...(owner !== undefined && { owner }),
  }));
  context.output.present(
    options,
    { dryRun, written: writes ? differing.length : 0, files, ...value },
    () => [
      ...table(
        ['state', 'mode', 'owner', 'file'],
        files.map(({ state, mode, owner = '' }, index) => [
          writes && state !== 'unchanged' ? 'written' : state,
          ...[mode, owner, join(out, placed[index]?.rendered.path ?? '')],
        ]),
      ),
      ...lines,
      ...(dryRun
        ? [
            `Dry run: nothing was changed. Without --dry-run: ${count(differing.length, 'file')} written.`,
          ]
        : []),
    ],
  );
  if (options.check !== true || differing.length === 0) return;
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `${count(differing.length, 'file')} below ${out} ${differing.length === 1 ? 'is' : 'are'} different from ${source}: ` +
      'render again, and edit the deployment instead of the files',
  );
}
