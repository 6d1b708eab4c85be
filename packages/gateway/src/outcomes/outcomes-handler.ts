import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddedOutcomes, OutcomePlan, RolloutOutcome } from '@fairlead/rollout';
import { sendProblem } from '@fairlead/security';
import type { BodyMemory } from '@fairlead/serving';
import { BodyProblem, withJsonBody } from '../json-body/read-json-body.ts';
import { checkModel, describeRefusal } from '../json-body/refusal.ts';
import { describeUncounted, type UncountedReport } from './describe-uncounted.ts';
import { parseOutcomes, type ModelOutcome } from './parse-outcomes.ts';

/** Largest body of one request, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** Codes of answers to outcomes; docs/errors/gateway.md describes them. */
export const outcomesErrorCodes = [
  'ERR_GATEWAY_OUTCOMES_INVALID',
  'ERR_GATEWAY_OUTCOMES_MODEL_NOT_FOUND',
] as const;

/** A/B tests that count outcomes. */
export interface OutcomeTests {
  /** Outcomes of the A/B test of a model that runs; undefined without one. */
  planOf(model: string): OutcomePlan | undefined;
  /** Counts outcomes; returns how many count, and why others don't. */
  add(model: string, outcomes: readonly RolloutOutcome[]): AddedOutcomes;
}

/** Response to outcomes. */
interface OutcomesResponse {
  readonly outcomes: number;
  readonly counted: number;
  readonly waiting?: number;
  readonly uncounted?: readonly UncountedReport[];
}

/** Options of {@link outcomesHandler}. */
export interface OutcomesHandlerOptions {
  readonly tests: OutcomeTests;
  /** Returns the names of the models that are served. */
  readonly models: () => readonly string[];
  readonly bodies: BodyMemory;
  readonly client: (req: IncomingMessage) => string;
  readonly maxBodyBytes: number;
  readonly now?: () => number;
}

/**
 * Creates the handler of `POST /v2/outcomes`: outcomes of users of A/B tests. They are counted in memory, and stored within half a minute with the other counts, so
 * that the response is 202. A repeated request changes nothing, since the first outcome of each user counts.
 */
export function outcomesHandler(options: OutcomesHandlerOptions) {
  const { tests, models, bodies, client, now = Date.now } = options;
  const maxBytes = Math.min(options.maxBodyBytes, MAX_BYTES);

  function count(req: IncomingMessage, body: unknown): OutcomesResponse {
    const outcomes = parseOutcomes(body, now());
    const byModel = Map.groupBy(outcomes, ({ model }) => model);
    for (const model of byModel.keys()) checkModel(req, model, models());
    // Nothing is counted of a request with an invalid outcome.
    checkConversions(outcomes, tests);
    let [counted, waiting] = [0, 0];
    const uncounted: UncountedReport[] = [];
    for (const [model, own] of byModel) {
      const plan = tests.planOf(model);
      const added = tests.add(model, own);
      counted += added.counted;
      waiting += added.waiting;
      uncounted.push(...describeUncounted(model, plan, added));
    }
    return {
      ...{ outcomes: outcomes.length, counted },
      ...(waiting > 0 && { waiting }),
      ...(uncounted.length > 0 && { uncounted }),
    };
  }

  return function addOutcomes(
    req: IncomingMessage,
    res: ServerResponse,
    next: (error: unknown) => void,
  ): void {
    const read = { bodies, client: client(req), maxBytes };
    withJsonBody(req, read, (body) => Promise.resolve(count(req, body))).then(
      (result) => {
        res.statusCode = 202;
        res.setHeader('content-type', 'application/json');
        res.setHeader('cache-control', 'no-store');
        res.end(JSON.stringify(result));
      },
      (error: unknown) => {
        const [invalid, notFound] = outcomesErrorCodes;
        const refusal = describeRefusal(error, { invalid, notFound });
        if (refusal === undefined) next(error);
        else sendProblem(req, res, refusal);
      },
    );
  };
}

/** @throws BodyProblem with 400 for a conversion that is neither 0 nor 1 */
function checkConversions(outcomes: readonly ModelOutcome[], tests: OutcomeTests): void {
  const plans = new Map<string, OutcomePlan | undefined>();
  for (const [index, { model, metric, value }] of outcomes.entries()) {
    if (!plans.has(model)) plans.set(model, tests.planOf(model));
    const planned = plans.get(model)?.metrics.find(({ name }) => name === metric);
    if (planned?.type !== 'conversion' || value === 0 || value === 1) continue;
    throw new BodyProblem(
      400,
      `outcomes[${index}].value: expected 0 or 1, since ${JSON.stringify(metric)} counts conversions, found ${value}`,
    );
  }
}
