import type { IncomingMessage, ServerResponse } from 'node:http';
import { CaptureError, type LabelStore } from '@fairlead/capture';
import { checkScope, getIdentity, sendProblem } from '@fairlead/security';
import { ServingError, type BodyMemory } from '@fairlead/serving';
import { parseLabels } from './parse-labels.ts';
import { BodyProblem, withJsonBody } from './read-json-body.ts';

/** Largest body of one request, in bytes. */
const MAX_BYTES = 1024 * 1024;
const RETRY_SECONDS = '5';

/** Codes of answers to labels; docs/errors/gateway.md describes them. */
export const labelsErrorCodes = [
  'ERR_GATEWAY_LABELS_INVALID',
  'ERR_GATEWAY_LABELS_MODEL_NOT_FOUND',
  'ERR_GATEWAY_LABELS_UNAVAILABLE',
] as const;

/** Options of {@link labelsHandler}. */
export interface LabelsHandlerOptions {
  readonly labels: LabelStore;
  /** Returns the names of the models that are served. */
  readonly models: () => readonly string[];
  readonly bodies: BodyMemory;
  readonly client: (req: IncomingMessage) => string;
  readonly maxBodyBytes: number;
  readonly onError: (error: unknown) => void;
}

/** Answer to a request that was refused. */
interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Creates the handler of `POST /v2/models/{model}/labels`: labels of captured requests, stored durably before it answers. A repeated
 * request changes nothing, since the label that was observed last counts.
 */
export function labelsHandler(options: LabelsHandlerOptions) {
  const { labels: store, models, bodies, client, onError } = options;
  const maxBytes = Math.min(options.maxBodyBytes, MAX_BYTES);

  async function add(model: string, req: IncomingMessage): Promise<number> {
    const identity = getIdentity(req);
    // Without keys there is no identity, and no scope.
    if (identity !== undefined) checkScope(identity, `infer:${model}`);
    if (!models().includes(model)) throw new UnknownModel(model);
    return withJsonBody(req, { bodies, client: client(req), maxBytes }, async (body) => {
      const found = parseLabels(body);
      await store.add(model, found);
      return found.length;
    });
  }

  return function addLabels(
    req: IncomingMessage & { readonly params: { readonly model?: string } },
    res: ServerResponse,
    next: (error: unknown) => void,
  ): void {
    const { model = '' } = req.params;
    add(model, req).then(
      (count) => {
        res.setHeader('content-type', 'application/json');
        res.setHeader('cache-control', 'no-store');
        res.end(JSON.stringify({ model, labels: count }));
      },
      (error: unknown) => {
        const refusal = describe(error);
        if (refusal === undefined) {
          next(error);
          return;
        }
        if (refusal.status === 503) onError(error);
        sendProblem(req, res, refusal);
      },
    );
  };
}

class UnknownModel extends Error {
  constructor(model: string) {
    super(`no model ${JSON.stringify(model.slice(0, 200))} is served`);
  }
}

/** Describes what a client can change or repeat; undefined for other errors. */
function describe(error: unknown): Refusal | undefined {
  const [invalid, notFound, unavailable] = labelsErrorCodes;
  if (error instanceof UnknownModel) {
    return { status: 404, code: notFound, detail: error.message };
  }
  if (error instanceof BodyProblem) {
    return { status: error.status, code: invalid, detail: error.message };
  }
  if (error instanceof ServingError) {
    const status = error.code === 'ERR_SERVING_CLIENT_LIMIT' ? 429 : 503;
    const headers = { 'Retry-After': RETRY_SECONDS };
    return { status, code: error.code, detail: error.message, headers };
  }
  if (!(error instanceof CaptureError)) return undefined;
  if (error.code === 'ERR_CAPTURE_LABEL_INVALID') {
    const detail = error.message
      .replace('.requestId:', '.request_id:')
      .replace('.observedAt:', '.observed_at:');
    return { status: 400, code: invalid, detail };
  }
  return {
    status: 503,
    code: unavailable,
    detail: 'the labels could not be stored; repeat the request',
    headers: { 'Retry-After': RETRY_SECONDS },
  };
}
