import { ROOT_CONTEXT, SpanStatusCode, trace, type Link, type Tracer } from '@opentelemetry/api';
import type { RequestSpan, RequestSpans } from './request-spans.ts';
import type {
  InferenceTracer,
  TracedEncoding,
  TracedExecution,
  TracedInference,
} from './traced-inference.ts';

/** Links of one span; a batch of more requests names the first ones. */
const MAX_LINKS = 32;

/** Makes spans of the steps of requests, after they ended, below the spans of the requests. */
export class SpanInferenceTracer implements InferenceTracer {
  readonly #tracer: Tracer;
  readonly #requests: RequestSpans;

  constructor(tracer: Tracer, requests: RequestSpans) {
    this.#tracer = tracer;
    this.#requests = requests;
  }

  inferred(inference: TracedInference): void {
    const request = this.#requests.get(inference.trace);
    if (request === undefined) return;
    const { model, version, outcome, reason, rows, cache, execution } = inference;
    const { startedAt, decodedAt, endedAt } = inference;
    const { epochMs } = request;
    const parent = trace.setSpan(ROOT_CONTEXT, request.span);
    const attributes = {
      'fairlead.model': model,
      'fairlead.version': version,
      'fairlead.rows': rows,
      'fairlead.outcome': outcome,
      ...(cache !== undefined && { 'fairlead.cache': cache }),
    };
    const startTime = epochMs + startedAt;
    const infer = this.#tracer.startSpan('infer', { startTime, attributes }, parent);
    if (outcome === 'failure') {
      if (reason !== undefined) infer.setAttribute('error.type', reason);
      infer.setStatus({ code: SpanStatusCode.ERROR });
    }
    const below = trace.setSpan(ROOT_CONTEXT, infer);
    const step = (name: string, from: number, to: number, links: readonly Link[] = []): void => {
      const options = { startTime: epochMs + from, links: [...links], attributes: {} };
      if (execution !== undefined && name === 'execute') options.attributes = batchOf(execution);
      this.#tracer.startSpan(name, options, below).end(epochMs + to);
    };
    step('decode', startedAt, decodedAt);
    if (execution !== undefined) {
      step('queue', decodedAt, execution.startedAt);
      step('execute', execution.startedAt, execution.endedAt, this.#linksOf(inference, execution));
    }
    infer.end(epochMs + endedAt);
  }

  encoded({ trace: carrier, startedAt, endedAt }: TracedEncoding): void {
    const request = this.#requests.get(carrier);
    if (request === undefined) return;
    const { span, epochMs } = request;
    const parent = trace.setSpan(ROOT_CONTEXT, span);
    const startTime = epochMs + startedAt;
    this.#tracer.startSpan('encode', { startTime }, parent).end(epochMs + endedAt);
  }

  /** Links to the other requests of a batch, as far as they are recorded. */
  #linksOf({ trace: own }: TracedInference, { members }: TracedExecution): readonly Link[] {
    return members
      .filter((member) => member !== own)
      .map((member) => this.#requests.get(member))
      .filter((request): request is RequestSpan => request !== undefined)
      .slice(0, MAX_LINKS)
      .map(({ span }) => ({ context: span.spanContext() }));
  }
}

function batchOf({ batchSize, members }: TracedExecution) {
  return { 'fairlead.batch.size': batchSize, 'fairlead.batch.requests': members.length };
}
