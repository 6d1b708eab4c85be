import { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { LiveTable } from '../../src/deploy/live-table.ts';
import type { OutputStream } from '../../src/process-io.ts';

function liveTable(terminal: Partial<OutputStream>) {
  let text = '';
  const stderr = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, callback) {
        text += chunk.toString();
        callback();
      },
    }),
    terminal,
  );
  const stdin = Readable.from([]);
  const io = {
    env: {},
    stdin,
    stdout: stderr,
    stderr,
    now: () => new Date(),
    userName: () => 'ada',
  };
  return { table: new LiveTable(io, ['host', 'state']), written: () => text };
}

test('on a pipe, each change of a row is one line', () => {
  const { table, written } = liveTable({});
  table.set('h1', ['sending parts']);
  table.set('h1', ['sending parts']);
  table.set('h2', ['waiting', '']);
  table.end();
  expect(written()).toBe('h1: sending parts\nh2: waiting\n');
});

test('on a terminal, the table is written again in its place, cut to the width and the height', () => {
  const { table, written } = liveTable({ isTTY: true, columns: 12, rows: 24 });
  table.set('h1', ['waiting']);
  table.end();
  table.set('h1', ['sending parts \u001b[31m']);
  table.end();
  const cleared = '\u001b[K';
  expect(written()).toBe(
    `\r${cleared}host  state\n${cleared}h1    waiti\n\u001b[2A\r${cleared}host  state\n${cleared}h1    sendi\n`,
  );
  const low = liveTable({ isTTY: true, columns: 80, rows: 4 });
  for (const host of ['h1', 'h2', 'h3', 'h4']) low.table.set(host, ['waiting']);
  low.table.end();
  expect(low.written().match(/\n/g)).toHaveLength(3);
});
