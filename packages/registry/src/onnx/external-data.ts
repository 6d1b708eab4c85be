import type { ByteWindow } from './byte-window.ts';
import { readSmall, walkFields } from './protobuf-fields.ts';

const MAX_LOCATIONS = 10_000;
const MAX_ENTRY_BYTES = 64 * 1024;
/** Graphs within the branches and loops of others; ONNX Runtime's own limit isn't much higher. */
const MAX_DEPTH = 64;

/** Collects the files beside a model that hold its weights, wherever in a graph a tensor may be. */
export class ExternalData {
  readonly #locations = new Set<string>();

  /** The files, as the model names them: relative to its own folder. */
  get locations(): readonly string[] {
    return [...this.#locations].sort();
  }

  /** Reads the TensorProto that ends at `end`; gives its name. */
  async readTensor(window: ByteWindow, end: number): Promise<string> {
    let name = '';
    let location = '';
    let isExternal = false;
    for await (const { tag, value, length } of walkFields(window, end)) {
      if (tag === 14 && length === undefined) isExternal = value === 1;
      if (length === undefined || (tag !== 8 && tag !== 13)) continue;
      const bytes = await small(window, length);
      if (tag === 8) name = new TextDecoder().decode(bytes);
      else location = locationIn(bytes) ?? location;
    }
    if (isExternal && this.#locations.add(location).size > MAX_LOCATIONS) {
      throw new Error(`its weights are in more than ${MAX_LOCATIONS} files`);
    }
    return name;
  }

  /** Reads the SparseTensorProto that ends at `end`. */
  async readSparseTensor(window: ByteWindow, end: number): Promise<void> {
    for await (const { tag, length } of walkFields(window, end)) {
      if (length === undefined || (tag !== 1 && tag !== 2)) continue;
      await this.readTensor(window, window.position + length);
    }
  }

  /** Reads the NodeProto that ends at `end`: its attributes may be tensors, or graphs. */
  async readNode(window: ByteWindow, end: number, depth = 0): Promise<void> {
    for await (const { tag, length } of walkFields(window, end)) {
      if (length === undefined || tag !== 5) continue;
      await this.#readAttribute(window, window.position + length, depth);
    }
  }

  /** Reads the FunctionProto that ends at `end`. */
  async readFunction(window: ByteWindow, end: number): Promise<void> {
    for await (const { tag, length } of walkFields(window, end)) {
      if (length !== undefined && tag === 7) await this.readNode(window, window.position + length);
    }
  }

  async #readAttribute(window: ByteWindow, end: number, depth: number): Promise<void> {
    for await (const { tag, length } of walkFields(window, end)) {
      if (length === undefined) continue;
      const inner = window.position + length;
      if (tag === 5 || tag === 10) await this.readTensor(window, inner);
      if (tag === 6 || tag === 11) await this.#readSubgraph(window, inner, depth + 1);
      if (tag === 22 || tag === 23) await this.readSparseTensor(window, inner);
    }
  }

  async #readSubgraph(window: ByteWindow, end: number, depth: number): Promise<void> {
    if (depth > MAX_DEPTH) throw new Error(`its graphs are nested more than ${MAX_DEPTH} deep`);
    for await (const { tag, length } of walkFields(window, end)) {
      if (length === undefined) continue;
      const inner = window.position + length;
      if (tag === 1) await this.readNode(window, inner, depth);
      if (tag === 5) await this.readTensor(window, inner);
      if (tag === 15) await this.readSparseTensor(window, inner);
    }
  }
}

async function small(window: ByteWindow, length: number): Promise<Uint8Array> {
  if (length <= MAX_ENTRY_BYTES) return window.bytes(length);
  throw new Error(`${length} bytes are too many for a name`);
}

function locationIn(entry: Uint8Array): string | undefined {
  let key = '';
  let value = '';
  readSmall(entry, (tag, reader) => {
    if (tag === 1) key = reader.readString();
    if (tag === 2) value = reader.readString();
  });
  return key === 'location' ? value : undefined;
}
