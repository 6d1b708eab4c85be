import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Tensor } from '@fairlead/signature';
import {
  memoryCache,
  ModelServer,
  ServingError,
  type InferResult,
  type ModelArtifacts,
  type RuntimeFactory,
  type ServeOptions,
} from '@fairlead/serving';
import { ManyModels } from '../../many-models.ts';
import { MemorySource } from '../../memory-source.ts';
import { Random } from '../random.ts';
import { GatedModelRuntime, type Gate } from './gated-model-runtime.ts';
import { KINDS, type IdentifyingModel } from './identifying-model.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Counts of one interleaving, or in many. */
export interface Tally {
  /** Steps that were chosen. */
  steps: number;
  requests: number;
  executions: number;
  /** Executions of rows of more than one request. */
  shared: number;
  swaps: number;
  /** Results of requests: `answered`, `cached`, `by-fallback`, or the code of an error. */
  ends: Record<string, number>;
}

/** A tally of nothing. */
export function emptyTally(): Tally {
  return { steps: 0, requests: 0, executions: 0, shared: 0, swaps: 0, ends: {} };
}

interface Config {
  readonly name: string;
  readonly kind: IdentifyingModel;
  readonly index: number;
  readonly concurrency: number;
  readonly cached: boolean;
  readonly fallback: ServeOptions['fallback'];
  readonly source: MemorySource;
}

interface Sent {
  readonly config: Config;
  readonly owner: number;
  readonly id: string;
  readonly rows: number;
  readonly inputs: readonly Tensor[];
  readonly poisoned: boolean;
  readonly wanted: readonly string[] | undefined;
  readonly client: AbortController;
  readonly deadlineAt: number;
  /** Version that stood when it was sent; undefined when there was none. */
  readonly version: string | undefined;
  /** True if the queue may have been full when it was sent. */
  readonly mayBeRefused: boolean;
  /** True if an execution of it crashed. */
  crashed: boolean;
  /** True if an execution of it ended. */
  ended: boolean;
  /** Time at which its last execution ended, or the first that was shared; when it was sent, for a request that was never executed. */
  decidedAt: number;
  executions: number;
  settled: boolean;
}

const VERSIONS = 4;
const REQUEST_TIMEOUT_MS = 400;
const DRAIN_TIMEOUT_MS = 200;
const KEYS = 3;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * One interleaving: a server with one to three models, and a sequence of steps that a seed chooses one after the other,
 * each with what it is done to: a client asks, or leaves; an execution ends, or crashes; time passes, noticed or not; an alias moves and a
 * version is loaded, or fails to; the event loop goes round. It ends when everybody was answered and all is closed.
 */
export class Interleaving {
  readonly #random: Random;
  readonly #time: VirtualTime;
  readonly #tally: Tally;
  readonly #gates: Gate[] = [];
  readonly #loads: (() => void)[] = [];
  readonly #runtimes: GatedModelRuntime[] = [];
  readonly #sent: Sent[] = [];
  readonly #limits: { maxBatchRows: number; maxBatchBytes: number; maxQueued: number };
  readonly #breaks: boolean;
  readonly #configs: readonly Config[];
  readonly #server: ModelServer;
  /** The first problem; thrown at the end, because an exception in a callback would be lost. */
  #wrong: Error | undefined;
  readonly #crashed = new Set<number>();
  #closing = false;
  #started = 0;
  #finished = 0;
  /** Of everything that happened, in order. */
  #trace = 0;

  constructor(seed: number, time: VirtualTime, tally: Tally) {
    const random = new Random(seed);
    this.#random = random;
    this.#time = time;
    this.#tally = tally;
    this.#limits = {
      maxBatchRows: random.pick([1, 4, 8, 64]),
      maxBatchBytes: random.pick([100, 400, 1e6, 1e6]),
      maxQueued: random.pick([0, 3, 512, 512]),
    };
    this.#breaks = random.chance(0.3);
    this.#configs = this.#drawModels();
    this.#server = new ModelServer({
      source: new ManyModels(
        Object.fromEntries(this.#configs.map(({ name, source }) => [name, source])),
      ),
      runtimes: { onnx: this.#factory() },
      ...this.#limits,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
      retryDelayMs: 20,
      ...(!this.#breaks && { circuitBreaker: false as const }),
      observer: {
        inferenceStarted: () => (this.#started += 1),
        inferenceFinished: () => (this.#finished += 1),
        executed: () => undefined,
      },
      onEvent: ({ type }) => {
        this.#note(type.length);
        if (type === 'swapped') this.#tally.swaps += 1;
      },
    });
  }

  /** Runs it; returns a number that identifies the order of events, and throws the first problem. */
  async run(): Promise<number> {
    const random = this.#random;
    const serving = this.#configs.map(({ name, fallback, cached }) =>
      this.#server.serve(name, {
        ...(fallback !== undefined && { fallback }),
        ...(cached && { cache: memoryCache({ maxBytes: 1e6 }) }),
      }),
    );
    while (this.#loads.length < this.#configs.length) await turn();
    for (const load of this.#loads.splice(0)) load();
    await Promise.all(serving);
    const steps = 10 + random.below(50);
    for (let step = 0; step < steps; step += 1) await this.#step();
    if (random.chance(0.1)) this.#close();
    await this.#finish();
    this.#close();
    await this.#waitUntilClosed();
    this.#checkEnd();
    if (this.#wrong !== undefined) throw this.#wrong;
    return this.#trace;
  }

  #drawModels(): readonly Config[] {
    const random = this.#random;
    const count = 1 + random.below(3);
    const favorite = random.pick(KINDS);
    const kinds = Array.from({ length: count }, () =>
      random.chance(0.5) ? favorite : random.pick(KINDS),
    );
    return kinds.map((kind, index) => {
      const fallbackIndex = kinds.findIndex((other, at) => at !== index && other === kind);
      const fallbacks: ServeOptions['fallback'][] = [undefined, 'previous-version'];
      if (fallbackIndex !== -1) fallbacks.push({ model: `m${fallbackIndex}` });
      return {
        name: `m${index}`,
        kind,
        index,
        concurrency: random.pick([1, 1, 2, 3]),
        cached: random.chance(0.25),
        fallback: random.pick(fallbacks),
        source: new MemorySource(
          Array.from({ length: VERSIONS }, () => ({ signature: kind.signature })),
        ),
      };
    });
  }

  #factory(): RuntimeFactory {
    return {
      load: async ({ manifest: { model, version } }: ModelArtifacts) => {
        await new Promise<void>((resolve) => {
          this.#loads.push(resolve);
        });
        const config = this.#configOf(model);
        const first = this.#runtimes.every((each) => each.model !== model);
        if (!first && this.#random.chance(0.15)) throw new Error('this attempt to load fails');
        const code = codeOf(config.index, version);
        const runtime = new GatedModelRuntime(
          { model, version, kind: config.kind, code },
          config.concurrency,
          {
            gates: this.#gates,
            onStart: (started, inputs) => {
              this.#checkStart(started, inputs);
            },
          },
        );
        this.#runtimes.push(runtime);
        return runtime;
      },
    };
  }

  async #step(): Promise<void> {
    const random = this.#random;
    this.#tally.steps += 1;
    const choice = random.below(100);
    this.#note(choice);
    if (choice < 50) this.#ask();
    else if (choice < 64) this.#end('answer');
    else if (choice < 67) this.#end('crash');
    else if (choice < 73) this.#leave();
    else if (choice < 86) await this.#goRound();
    else if (choice < 90) await Promise.resolve();
    else if (choice < 92) this.#time.pass(random.pick([5, 50]));
    else if (choice < 95) this.#time.advance(random.pick([1, 10, 60, 150]));
    else if (choice < 98) random.pick(this.#configs).source.point(1 + random.below(VERSIONS));
    else this.#loads.splice(random.below(this.#loads.length), 1)[0]?.();
  }

  /** Timers come after what lies ready; none is due sooner than a millisecond after it was set. */
  async #goRound(): Promise<void> {
    await turn();
    this.#time.advance(1);
  }

  #ask(): void {
    const random = this.#random;
    const config = random.pick(this.#configs);
    const { kind, cached, name, fallback } = config;
    const serial = this.#sent.length + 1;
    const key = 1 + random.below(KEYS);
    // Requests of cached models have one of a few inputs, whose shape and poison follow from which one it is.
    const owner = cached ? 1000 + config.index * 10 + key : serial;
    const rows = kind.name === 'fixed' ? 1 : cached ? key : 1 + random.below(5);
    const width = cached ? key : 1 + random.below(3);
    const poisoned = cached ? key === KEYS && config.index === 0 : random.chance(0.08);
    const inputs = kind.inputsOf(owner, rows, width, poisoned);
    const timeoutMs = random.chance(0.2) ? 1 + random.below(40) : REQUEST_TIMEOUT_MS;
    const client = new AbortController();
    if (random.chance(0.02)) client.abort();
    const outputs = kind.signature.outputs.map((output) => output.name);
    const wanted = random.chance(0.2) ? [random.pick(outputs)] : undefined;
    const waiting = this.#sent.filter((other) => mayWaitFor(other, name)).length;
    const sent: Sent = {
      config,
      owner,
      id: `r${serial}`,
      rows,
      inputs,
      poisoned,
      wanted,
      client,
      deadlineAt: this.#time.now + timeoutMs,
      version: this.#current(name),
      mayBeRefused: cached || fallback !== undefined || waiting >= this.#limits.maxQueued,
      // A request that joins an execution just before its end shares it.
      crashed: cached && this.#crashed.has(owner),
      ended: false,
      decidedAt: this.#time.noticed,
      executions: 0,
      settled: false,
    };
    this.#sent.push(sent);
    this.#tally.requests += 1;
    const viaContext = random.chance(0.5);
    const ownsInputs = random.chance(0.5);
    const request = {
      id: sent.id,
      inputs: ownsInputs ? inputs.map(withOwnStorage) : inputs,
      ownsInputs,
      ...(wanted !== undefined && { outputs: wanted }),
      ...(!viaContext && { timeoutMs }),
      priority: random.pick([0, 0, 0, 1, 2]),
    };
    const decodes = random.chance(0.5);
    const context = {
      signal: client.signal,
      requestId: sent.id,
      ...(viaContext && { timeoutMs }),
      ...(random.chance(0.1) && { background: true, timeoutMs }),
    };
    const target = { model: name };
    const answer = decodes
      ? this.#server.infer(target, () => ({ request }), context).then(({ result }) => result)
      : this.#server.infer(target, request, context);
    answer.then(
      (result) => {
        this.#settle(sent, () => {
          this.#checkAnswer(sent, result);
        });
      },
      (error: unknown) => {
        this.#settle(sent, () => {
          this.#checkFailure(sent, error);
        });
      },
    );
  }

  #end(outcome: 'answer' | 'crash'): void {
    const gate = this.#gates[this.#random.below(this.#gates.length)];
    if (gate === undefined) return;
    for (const sent of this.#sent) {
      if (sent.settled || !gate.owners.includes(sent.owner)) continue;
      // Cached requests may be executed for others again, before it is heard that it was answered.
      if (!sent.config.cached || !sent.ended) sent.decidedAt = this.#time.noticed;
      sent.ended = true;
      sent.crashed ||= outcome === 'crash';
    }
    if (outcome === 'crash') for (const owner of gate.owners) this.#crashed.add(owner);
    gate.open(outcome);
  }

  #leave(): void {
    const waiting = this.#sent.filter(({ settled, client }) => !settled && !client.signal.aborted);
    if (waiting.length > 0) this.#random.pick(waiting).client.abort();
  }

  async #letAllGo(): Promise<void> {
    while (this.#gates.length > 0) this.#end('answer');
    for (const load of this.#loads.splice(0)) load();
    for (let round = 0; round < 3; round += 1) await this.#goRound();
    // Results of timers are handled after that.
    await turn();
  }

  /** Lets everything end; a request that waits while nothing executes would never end. */
  async #finish(): Promise<void> {
    const waiting = (): readonly Sent[] => this.#sent.filter(({ settled }) => !settled);
    for (;;) {
      const before = waiting().length;
      if (before === 0) return;
      await this.#letAllGo();
      // Gates are opened by the dozen: those of an execution that goes one by one come one after the other.
      const idle = this.#gates.length + this.#loads.length === 0;
      if (idle && waiting().length === before) break;
    }
    const forgotten = waiting();
    this.#fail(
      `${forgotten.map(({ id }) => id).join(', ')} wait for an answer that no execution computes`,
    );
    this.#time.advance(10 * REQUEST_TIMEOUT_MS);
    await turn();
  }

  #close(): void {
    if (this.#closing) return;
    this.#closing = true;
    void this.#server.close();
  }

  async #waitUntilClosed(): Promise<void> {
    const close = { done: false };
    void this.#server.close().then(() => (close.done = true));
    for (let round = 0; round < 20 && !close.done; round += 1) await this.#letAllGo();
    this.#check(close.done, 'the server was closed and never ended');
  }

  #checkStart(runtime: GatedModelRuntime, inputs: readonly Tensor[]): void {
    const { kind, model, concurrency } = runtime;
    const { maxBatchRows, maxBatchBytes } = this.#limits;
    const owners = kind.ownersOf(inputs);
    const members = new Set(owners);
    this.#tally.executions += 1;
    if (members.size > 1) this.#tally.shared += 1;
    this.#check(runtime.executing <= concurrency, `${model} executes more than ${concurrency}`);
    this.#check(runtime.closings === 0, `${model} executes after it was unloaded`);
    if (members.size > 1) {
      this.#check(kind.independent, `requests of ${kind.name} share an execution`);
      const bytes = inputs.reduce((sum, { data }) => sum + bytesOf(data), 0);
      this.#check(owners.length <= maxBatchRows, `a batch of ${owners.length} rows`);
      this.#check(bytes <= maxBatchBytes, `a batch of ${bytes} bytes`);
    }
    for (const owner of members) {
      this.#note(owner);
      const askers = this.#sent.filter((sent) => sent.owner === owner);
      // Of those who share an execution one that still waits is reason enough for it; a shared one lasts until the last
      // deadline, even of one who has left.
      const wanted = askers.some(
        ({ settled, client, deadlineAt, config }) =>
          deadlineAt > this.#time.now && (config.cached || (!settled && !client.signal.aborted)),
      );
      const waits = askers.some(({ settled, client }) => !settled && !client.signal.aborted);
      this.#check(wanted && waits, `${askers[0]?.id ?? owner} is executed and no request waits`);
      const [sent] = askers;
      if (sent === undefined || sent.config.cached) {
        for (const each of askers) each.executions += 1;
        continue;
      }
      const rows = owners.filter((each) => each === owner).length;
      this.#check(rows === sent.rows, `${rows} rows of ${sent.id}, which has ${sent.rows}`);
      sent.executions += 1;
      // In a batch, alone when that failed, and the same by a fallback.
      const most = sent.config.fallback === undefined ? 2 : 4;
      this.#check(sent.executions <= most, `${sent.id} is executed ${sent.executions} times`);
    }
  }

  #settle(sent: Sent, check: () => void): void {
    this.#check(!sent.settled, `${sent.id} is answered twice`);
    sent.settled = true;
    try {
      check();
    } catch (error) {
      this.#wrong ??= error as Error;
    }
  }

  #checkAnswer(sent: Sent, result: InferResult): void {
    const { config, id, wanted } = sent;
    const { fallback } = result;
    this.#count(fallback !== undefined ? 'by fallback' : 'answered');
    assert.equal(result.id, id, 'the id is echoed');
    assert.ok(!sent.poisoned, `${id} is poisoned and was answered`);
    assert.ok(sent.decidedAt <= sent.deadlineAt, `${id} is answered after its deadline`);
    const left = sent.client.signal.aborted && sent.executions === 0 && !config.cached;
    assert.ok(!left, `${id} left before it was executed, and was answered`);
    if (fallback === undefined) {
      assert.equal(result.model, config.name);
      assert.equal(result.version, sent.version, `${id} was sent of version ${sent.version}`);
    } else {
      assert.equal(fallback.model, config.name);
      assert.equal(fallback.version, sent.version);
      assert.ok(config.fallback !== undefined, `${id} has no fallback`);
    }
    const code = codeOf(this.#configOf(result.model).index, Number(result.version));
    const all = config.kind.run(sent.inputs, code);
    const expected = wanted === undefined ? all : all.filter(({ name }) => wanted.includes(name));
    if (isDeepStrictEqual(result.outputs, expected)) return;
    assert.fail(`${id} got another answer: ${show(result.outputs)}, not ${show(expected)}`);
  }

  #checkFailure(sent: Sent, error: unknown): void {
    const { id, config, deadlineAt } = sent;
    if (!(error instanceof ServingError)) throw error as Error;
    const { code } = error;
    this.#count(code);
    const explained =
      (code === 'ERR_SERVING_CANCELED' && sent.client.signal.aborted) ||
      (code === 'ERR_SERVING_DEADLINE_EXCEEDED' && this.#time.now >= deadlineAt) ||
      (code === 'ERR_SERVING_OVERLOADED' && sent.mayBeRefused) ||
      (code === 'ERR_SERVING_RUN_FAILED' && (sent.poisoned || sent.crashed)) ||
      (code === 'ERR_SERVING_CIRCUIT_OPEN' && this.#breaks) ||
      (code === 'ERR_SERVING_NOT_READY' && sent.version === undefined) ||
      (code === 'ERR_SERVING_CLOSED' && (this.#closing || this.#mayHaveBeenCutOff(config)));
    assert.ok(explained, `${id} failed without a reason: ${error.message}`);
  }

  /** A version that doesn't drain in time is unloaded all the same. */
  #mayHaveBeenCutOff(config: Config): boolean {
    return this.#runtimes.some(
      ({ model, closings }) =>
        closings > 0 && (model === config.name || config.fallback !== undefined),
    );
  }

  #checkEnd(): void {
    this.#check(this.#gates.length === 0, 'an execution never ended');
    this.#check(this.#started === this.#finished, `${this.#started} ≠ ${this.#finished} reported`);
    for (const { model, version, closings, executing } of this.#runtimes) {
      this.#check(closings === 1, `${model} version ${version} was closed ${closings} times`);
      this.#check(executing === 0, `${model} version ${version} still executes`);
    }
    this.#check(
      this.#sent.every(({ settled }) => settled),
      'a request was not answered',
    );
  }

  #current(model: string): string | undefined {
    try {
      return this.#server.find({ model }).label.version;
    } catch {
      return undefined;
    }
  }

  #configOf(model: string): Config {
    const config = this.#configs.find(({ name }) => name === model);
    assert.ok(config, `no model ${model}`);
    return config;
  }

  #count(end: string): void {
    this.#note(end.length);
    this.#tally.ends[end] = (this.#tally.ends[end] ?? 0) + 1;
  }

  #check(holds: boolean, message: string): void {
    if (!holds) this.#fail(message);
  }

  #fail(message: string): void {
    this.#wrong ??= new assert.AssertionError({ message });
  }

  #note(what: number): void {
    this.#trace = (Math.imul(this.#trace, 31) + what + 7) | 0;
  }
}

/** Returns whether a request may wait in the queue of `model`. */
function mayWaitFor({ settled, executions, config }: Sent, model: string): boolean {
  if (settled) return false;
  const { name, fallback } = config;
  if (typeof fallback === 'object' && fallback.model === model) return true;
  // One that was executed may wait again, for its fallback.
  return name === model && (executions === 0 || fallback !== undefined);
}

function codeOf(model: number, version: number): number {
  return model * 16 + version;
}

function bytesOf(data: Tensor['data']): number {
  if (ArrayBuffer.isView(data)) return data.byteLength;
  return data.reduce((sum, element) => sum + element.byteLength, 0);
}

/** Returns a copy of a tensor, of which nothing else has a reference. */
function withOwnStorage(tensor: Tensor): Tensor {
  if (tensor.datatype === 'BYTES')
    return { ...tensor, data: tensor.data.map((each) => each.slice()) };
  return { ...tensor, data: tensor.data.slice() } as Tensor;
}

function show(tensors: readonly Tensor[]): string {
  return tensors.map(({ name, data }) => `${name} [${[...data].map(String).join(',')}]`).join(' ');
}
