import type { IncomingMessage, ServerResponse } from 'node:http';
import { CaptureError, type LabelStore } from '@fairlead/capture';
import { sendProblem } from '@fairlead/security';
import type { BodyMemory } from '@fairlead/serving';
import { withJsonBody } from '../json-body/read-json-body.ts';
import { checkModel, describeRefusal, RETRY_SECONDS, type Refusal } from '../json-body/refusal.ts';
import { parseLabels } from './parse-labels.ts';

/** Largest body of one request, in bytes. */
const MAX_BYTES = 1024 * 1024;

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

/**
 * Creates the handler of `POST /v2/models/{model}/labels`: labels of captured requests, stored durably before it answers. A repeated
 * request changes nothing, since the label that was observed last counts.
 */
export function labelsHandler(options: LabelsHandlerOptions) {
  const { labels: store, models, bodies, client, onError } = options;
  const maxBytes = Math.min(options.maxBodyBytes, MAX_BYTES);

  async function add(model: string, req: IncomingMessage): Promise<number> {
    checkModel(req, model, models());
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

/** Describes what a client can change or repeat; undefined for other errors. */
function describe(error: unknown): Refusal | undefined {
  const [invalid, notFound, unavailable] = labelsErrorCodes;
  if (!(error instanceof CaptureError)) return describeRefusal(error, { invalid, notFound });
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
