import { readFile } from 'node:fs/promises';
import type { CaptureSink } from '@fairlead/capture';

/** A request in a spool file. */
export interface SpooledRequest {
  readonly requestId: string;
  readonly rows: number;
  readonly weight: number;
  readonly values: readonly unknown[];
  readonly [name: string]: unknown;
}

/** A sink that reads files into memory; while `away` is set it fails or never answers. */
export function memorySink() {
  const files: { readonly id: string; readonly text: string }[] = [];
  const state: { away: 'fails' | 'hangs' | false } = { away: false };
  const sink: CaptureSink = {
    async add({ id, path }) {
      if (state.away === 'hangs') await new Promise(() => undefined);
      if (state.away) throw new Error('the store is away');
      files.push({ id, text: await readFile(path, 'utf8') });
    },
  };
  const requests = (): readonly SpooledRequest[] => files.flatMap(({ text }) => readSpooled(text));
  return { sink, files, state, requests };
}

/** Reads the requests of a spool file; a line that a killed process didn't complete is left out. */
function readSpooled(text: string): readonly SpooledRequest[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.flatMap((line) => {
    const { request } = JSON.parse(line) as { readonly request?: SpooledRequest };
    return request === undefined ? [] : [request];
  });
}
