import type { RepositoryPath } from './model-repository.ts';

/** A path of the Open Inference Protocol that names a model. */
export interface V2ModelPath {
  readonly type: 'metadata' | 'model-ready' | 'infer' | 'stats';
  readonly model: string;
  readonly version?: string;
}

/** Operation of a path of the Open Inference Protocol. */
export type V2Path =
  { readonly type: 'server' | 'live' | 'ready' | 'all-stats' } | V2ModelPath | RepositoryPath;

const MODEL_CALLS: Readonly<Record<string, V2ModelPath['type']>> = {
  '': 'metadata',
  ready: 'model-ready',
  infer: 'infer',
  stats: 'stats',
};

/** Reads a path (no query); undefined when it isn't one of the protocol's. */
export function parseV2Path(path: string): V2Path | undefined {
  const [empty, v2, ...rest] = path.split('/');
  if (empty !== '' || v2 !== 'v2') return undefined;
  if (rest.length === 0 || (rest.length === 1 && rest[0] === '')) return { type: 'server' };
  if (rest[0] === 'health' && rest.length === 2) {
    return rest[1] === 'live' || rest[1] === 'ready' ? { type: rest[1] } : undefined;
  }
  if (rest[0] === 'models' && rest[1] === 'stats' && rest.length === 2)
    return { type: 'all-stats' };
  if (rest[0] === 'repository') return parseRepositoryPath(rest.slice(1));
  return rest[0] === 'models' ? parseModelPath(rest.slice(1)) : undefined;
}

function parseRepositoryPath([first, name, verb, ...more]: readonly string[]):
  RepositoryPath | undefined {
  if (first === 'index' && name === undefined) return { type: 'repository-index' };
  const model = decode(name);
  if (first !== 'models' || model === undefined || more.length > 0) return undefined;
  return verb === 'load' || verb === 'unload' ? { type: verb, model } : undefined;
}

function parseModelPath([name, ...rest]: readonly string[]): V2Path | undefined {
  const model = decode(name);
  const versioned = rest[0] === 'versions';
  const version = versioned ? decode(rest[1]) : undefined;
  const [call = '', ...more] = versioned ? rest.slice(2) : rest;
  const type = Object.hasOwn(MODEL_CALLS, call) ? MODEL_CALLS[call] : undefined;
  if (model === undefined || type === undefined || more.length > 0) return undefined;
  if (versioned && version === undefined) return undefined;
  return { type, model, ...(version !== undefined && { version }) };
}

function decode(segment: string | undefined): string | undefined {
  if (segment === undefined || segment === '') return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
