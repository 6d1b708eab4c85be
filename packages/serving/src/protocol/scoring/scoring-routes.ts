import type { InferTarget } from '../../inference/infer-request.ts';
import type { ActionRoute, InferRoute } from '../protocol.ts';
import { CSV_TYPE, JSON_TYPE, openScoring, type ScoringStyle } from './scoring-exchange.ts';

/** Methods of routes that only read. */
export const READ = ['GET', 'HEAD'];
/** Media types of scoring requests. */
export const BODY_TYPES = [JSON_TYPE, CSV_TYPE];

/** The health of a model as containers have it: the body is empty, and the status says all. */
export function healthRoute(model: string): ActionRoute {
  return {
    methods: READ,
    async answer({ server }) {
      const { ready } = await server.status(model);
      return { status: ready ? 200 : 503, body: '', contentType: 'text/plain' };
    },
  };
}

/** The route of scoring requests for one model. */
export function invocationsRoute(target: InferTarget, style: ScoringStyle): InferRoute {
  return {
    methods: ['POST'],
    mediaTypes: BODY_TYPES,
    target,
    open: (headers) => openScoring(headers, style),
  };
}
