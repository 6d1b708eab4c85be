import { readFile } from 'node:fs/promises';
import type { CaptureSink } from '@fairlead/capture';
import { decodeBinaryTensor } from '@fairlead/signature';

/** A request in a spool file. */
export interface SpooledRequest {
  readonly requestId: string;
  readonly rows: number;
  readonly weight: number;
  /** Decoded tensors, texts in place of bytes; null for those that are missing. */
  readonly tensors: readonly unknown[];
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

interface Line {
  readonly of?: {
    readonly columns: readonly {
      readonly side: string;
      readonly tensor: string;
      readonly datatype: string;
    }[];
  };
  readonly schema: number;
  readonly request?: SpooledRequest;
}

/** Reads the requests of a spool file; a line that a killed process didn't complete is left out. */
function readSpooled(text: string): readonly SpooledRequest[] {
  const datatypes = new Map<number, readonly string[]>();
  const lines = text.split('\n').slice(0, -1);
  return lines.flatMap((line) => {
    const { of, schema, request } = JSON.parse(line) as Line;
    if (of !== undefined) {
      const tensors = new Map(of.columns.map((each) => [`${each.side} ${each.tensor}`, each]));
      datatypes.set(
        schema,
        [...tensors.values()].map(({ datatype }) => datatype),
      );
    }
    if (request === undefined) return [];
    const tensors = request.tensors.map((tensor, index) =>
      decode(tensor as EncodedTensor | null, datatypes.get(schema)?.[index]),
    );
    return [{ ...request, tensors }];
  });
}

interface EncodedTensor {
  readonly shape: readonly number[];
  readonly data: string;
}

function decode(tensor: EncodedTensor | null, datatype: string | undefined): unknown {
  if (tensor === null) return null;
  const head = { name: 'x', datatype, shape: tensor.shape };
  const { data } = decodeBinaryTensor(head, Buffer.from(tensor.data, 'base64'));
  const elements = Array.from<unknown>(data as ArrayLike<unknown>);
  return {
    shape: tensor.shape,
    data: elements.map((each) =>
      each instanceof Uint8Array ? Buffer.from(each).toString() : each,
    ),
  };
}

/** Bytes of a spool file, with those of the tensors in it, to search for values that it may not have. */
export function spooledBytes(text: string): Buffer {
  const encoded = text.matchAll(/"data":"([^"]*)"/g);
  return Buffer.concat([
    Buffer.from(text),
    ...[...encoded].map(([, data = '']) => Buffer.from(data, 'base64')),
  ]);
}
