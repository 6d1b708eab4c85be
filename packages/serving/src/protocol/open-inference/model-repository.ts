import { MAX_INLINE_BYTES } from '../../codec/codec.ts';
import type { ModelIndexEntry } from '../../models/model-index.ts';
import { ServingError } from '../../errors/serving-error.ts';
import type { Call, Reply, Route } from '../protocol.ts';
import { badRequest, decodeJsonBody, isJsonObject, type JsonObject } from '../json-body.ts';

const BODY_TYPES = ['application/json'];
// Clients that send no body may still say what it would be.
const ANY_BODY_TYPES = [...BODY_TYPES, 'application/octet-stream'];

/** Operation of a path of the model repository extension. */
export type RepositoryPath =
  | { readonly type: 'repository-index' }
  | { readonly type: 'load' | 'unload'; readonly model: string };

/**
 * The route of a path of the model repository extension; all of them are for administrators.
 *
 * Source: https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md
 */
export function repositoryRoute(path: RepositoryPath): Route {
  return {
    methods: ['POST'],
    mediaTypes: ANY_BODY_TYPES,
    maxBodyBytes: MAX_INLINE_BYTES,
    administers: true,
    answer: (call) => answerRepository(call, path),
  };
}

async function answerRepository({ server, body }: Call, path: RepositoryPath): Promise<Reply> {
  const json = body.length === 0 ? {} : decodeJsonBody(body, '{}', (value) => value);
  if (path.type === 'repository-index') {
    const ready = json.ready ?? false;
    if (typeof ready !== 'boolean') throw badRequest('"ready" must be true or false');
    const index = await server.listModels();
    const shown = ready ? index.filter(({ state }) => state === 'READY') : index;
    return { body: JSON.stringify(shown.map(describeEntry)) };
  }
  checkParameters(json);
  if (path.type === 'load') await server.load(path.model);
  else await server.unload(path.model);
  return { body: '{}' };
}

/** Ours, beside what Triton shows: the memory of each. */
function describeEntry({ fileBytes, residentBytes, ...entry }: ModelIndexEntry): object {
  if (fileBytes === undefined) return entry;
  return { ...entry, file_bytes: fileBytes, resident_bytes: residentBytes };
}

/** Only the registry says what a model is: a client can't send a configuration or files. */
function checkParameters(json: JsonObject): void {
  const parameters = json.parameters ?? {};
  if (!isJsonObject(parameters)) throw badRequest('"parameters" must be an object');
  const foreign = Object.keys(parameters).find(
    (key) => key === 'config' || key.startsWith('file:'),
  );
  if (foreign === undefined) return;
  const message = `parameter ${JSON.stringify(foreign.slice(0, 100))} is not supported; push a version to the registry instead`;
  throw new ServingError('ERR_SERVING_UNSUPPORTED', message);
}
