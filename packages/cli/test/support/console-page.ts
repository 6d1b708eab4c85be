/** A command of a page, with its output on the page. */
export interface ShownCommand {
  readonly command: string;
  readonly output: string;
}

const BLOCK = /^```console\n(.*?)^```$/gms;

/** The commands of a page in their order: lines after `$ ` in its `console` blocks, each with the lines up to the next. */
export function commandsOf(page: string): readonly ShownCommand[] {
  return [...page.matchAll(BLOCK)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...lines] = part.split('\n');
        return { command, output: lines.join('\n').trimEnd() };
      }),
  );
}

/** Returns the page with other outputs, one for each command. */
export function withOutputs(page: string, outputs: readonly string[]): string {
  let next = 0;
  return page.replaceAll(BLOCK, (_match, block: string) => {
    const parts = block.split(/^\$ /m).slice(1);
    const shown = parts.map((part) => {
      const [command = ''] = part.split('\n');
      const output = outputs[next++] ?? '';
      return `$ ${command}\n${output === '' ? '' : `${output}\n`}`;
    });
    return `\`\`\`console\n${shown.join('')}\`\`\``;
  });
}

/** The files that a page has in full: `python` blocks whose first line names them. */
export function filesOf(page: string): ReadonlyMap<string, string> {
  const blocks = page.matchAll(/^```python\n# (\S+)\n(.*?)^```$/gms);
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]));
}

/** Removes the parts of a text that differ from run to run: times, hashes, durations, sizes, the last digits of floating point. */
export function normalized(text: string): string {
  return (
    text
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>')
      .replaceAll(/\b[0-9a-f]{12,64}\b/g, '<hash>')
      .replaceAll(/\b\d+\.\d s\b/g, '<duration>')
      .replaceAll(/\b\d+(?:\.\d+)? (?:B|KiB|MiB)\b/g, '<size>')
      .replaceAll(/\b\d+ bytes\b/g, '<size>')
      .replaceAll(/\b\d\.\d+e-\d+\b/g, '<small>')
      // The rows differ between processors.
      .replaceAll(/(?<=^The rows that differ most:\n)(?:.+\n?)+/gm, '<rows>\n')
      .replaceAll(/(?<="skl2onnx": )"[\d.]+"/g, '<version>')
      .replaceAll(/\/\S*\/registry\b/g, '<registry>')
      .replaceAll(/ +/g, ' ')
      .trimEnd()
  );
}
