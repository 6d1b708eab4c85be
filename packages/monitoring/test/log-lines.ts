/** Collects what a logger writes, and fails where a line is not one JSON object ended by a newline. */
export class LogLines {
  /** The whole output. */
  text = '';

  write(line: string): void {
    this.text += line;
  }

  get entries(): Record<string, unknown>[] {
    if (this.text !== '' && !this.text.endsWith('\n')) throw new Error('The last line has no end.');
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}
