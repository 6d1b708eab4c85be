/**
 * Splits a shell line into its `fairlead` commands, each a list of words.
 *
 * Targets of pipes and redirections are not part of them; `sudo`, `KEY=$(…)` and `source <(…)` are removed.
 */
export function commandsOfLine(line: string): readonly (readonly string[])[] {
  const [, inner = line] = /^(?:source <|[A-Z]+=\$)\((.*)\)$/.exec(line) ?? [];
  const commands: string[][] = [[]];
  for (const [raw, double, single] of inner.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)) {
    if (raw === '&&') commands.push([]);
    else if (raw === '|' || raw === '>') break;
    else commands.at(-1)?.push(double ?? single ?? raw);
  }
  return commands.map((words) => words.slice(words.indexOf('fairlead') + 1));
}

/** The lines of the `sh` blocks below "## Commands", without comments. */
export function exampleLines(page: string): readonly string[] {
  const [, commands = ''] = page.split(/^## Commands\n/m);
  return [...commands.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
  );
}

/** Returns whether an example needs hosts, or a release. */
export function isForHosts(line: string): boolean {
  return /^fairlead (?:release|plan|deploy|check|rollback|hosts|restore|audit)\b/.test(line);
}
