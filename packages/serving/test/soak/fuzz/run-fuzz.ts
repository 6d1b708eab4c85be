import { Random, seedOf } from '../random.ts';
import { Coverage } from './coverage.ts';
import { packInput, type FuzzInput } from './fuzz-input.ts';
import { GrpcTarget } from './grpc-target.ts';
import { HttpTarget, type Answer } from './http-target.ts';
import { mutate } from './mutate.ts';
import { nearValidInputs } from './near-valid.ts';
import { verdictOf } from './verdict.ts';

/** Counts of inputs and their results. */
export interface FuzzReport {
  /** Inputs of each kind. */
  readonly inputs: Readonly<Record<'generated' | 'guided' | 'mutated' | 'grpc', number>>;
  /** Answers by their status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Blocks of our sources that were run, and inputs stored because they reached new ones. */
  readonly blocks: number;
  readonly stored: number;
}

/** Options of {@link fuzz}. */
export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /**
   * Maximum time of the event loop for one input, in milliseconds of processor time.
   * @defaultValue nothing is: how fast a machine is that runs other things too says little
   */
  readonly mostMs?: number;
  /** Called with each input before it is sent, so that one that never returns can be reported. */
  readonly onInput?: (input: FuzzInput) => void;
  readonly onProgress?: (line: string) => void;
}

const BATCH = 128;

/** Something that a decoder did wrong, with the input that made it. */
export class FuzzError extends Error {
  readonly input: FuzzInput;

  constructor(message: string, input: FuzzInput) {
    super(`${message}\n${packInput(input).slice(0, 2000)}`);
    this.input = input;
  }
}

/**
 * Tries inputs on every decoder: generated ones that are right or nearly so, mutations of them that V8's coverage guides,
 * mutations of all that reached something new, and mutations of gRPC's messages.
 *
 * @throws FuzzError for the first input that is answered with a status it shouldn't be, in another shape, or too late.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const {
    inputs,
    seed,
    mostMs = Infinity,
    onInput = () => undefined,
    onProgress = () => undefined,
  } = options;
  // First of all, for V8 counts the blocks of what it compiles from then on.
  const coverage = await Coverage.start();
  const target = await HttpTarget.start();
  const random = new Random(seed);
  const statuses: Record<number, number> = {};
  const counts = { generated: 0, guided: 0, mutated: 0, grpc: 0 };
  const tryOne = async (input: FuzzInput, timed: boolean): Promise<void> => {
    onInput(input);
    const answer = await target.ask(input);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const wrong = verdictOf(input, answer);
    if (wrong !== undefined) throw new FuzzError(wrong, input);
    if (timed && stretchOf(answer) > mostMs) await checkTime(target, input, mostMs);
  };
  const share = (part: number): number => Math.ceil(inputs * part);
  try {
    const corpus = [...nearValidInputs(Math.min(2000, share(0.1)), seed)];
    const cycle = (): FuzzInput => mutate(recent(corpus, random), random.pick(corpus), random);
    for (const input of corpus) await tryOne(input, false);
    const first = corpus.length;
    counts.generated += first;
    const ofGenerated = (await coverage.takeNew()).length;
    onProgress(`${first} generated: ${ofGenerated} blocks`);
    while (counts.guided < share(0.25)) {
      const batch = Array.from({ length: BATCH }, cycle);
      for (const input of batch) await tryOne(input, false);
      counts.guided += BATCH;
      const found = await coverage.takeNew();
      if (found.length > 0) corpus.push(...(await keepers(batch, found, coverage, tryOne)));
    }
    const [blocks, stored] = [coverage.size, corpus.length - first];
    await coverage.stop();
    onProgress(`${counts.guided} guided by coverage: ${blocks} blocks, ${stored} inputs stored`);

    for (let chunk = 1; counts.generated < share(0.15); chunk += 1) {
      const generated = nearValidInputs(2000, seedOf(seed, chunk));
      for (const input of generated) await tryOne(input, true);
      counts.generated += generated.length;
    }
    onProgress(`${counts.generated} generated`);

    while (counts.mutated < share(0.5)) {
      await tryOne(cycle(), true);
      counts.mutated += 1;
    }
    onProgress(`${counts.mutated} mutated`);

    const grpc = new GrpcTarget(target.server);
    const messages = grpc.corpus().map((body): FuzzInput => {
      return { method: 'POST', path: 'grpc:ModelInfer', headers: {}, body };
    });
    for (; counts.grpc < share(0.1); counts.grpc += 1) {
      const input = mutate(random.pick(messages), random.pick(messages), random);
      onInput(input);
      const wrong = await grpc.ask(input.body);
      if (wrong !== undefined) throw new FuzzError(wrong, input);
    }
    onProgress(`${counts.grpc} messages of gRPC`);
    return { inputs: counts, statuses, blocks, stored };
  } finally {
    await target.close();
  }
}

/** The last input reached a new block: it is the likeliest to reach more. */
function recent(corpus: readonly FuzzInput[], random: Random): FuzzInput {
  return random.chance(0.3) ? random.pick(corpus.slice(-50)) : random.pick(corpus);
}

/** Finds those of a batch that reach the blocks: by halves, for most reach none. */
async function keepers(
  batch: readonly FuzzInput[],
  blocks: readonly string[],
  coverage: Coverage,
  tryOne: (input: FuzzInput, timed: boolean) => Promise<void>,
): Promise<readonly FuzzInput[]> {
  if (batch.length === 1) return batch;
  const half = batch.length >> 1;
  const [left, right] = [batch.slice(0, half), batch.slice(half)];
  for (const input of left) await tryOne(input, false);
  const reached = new Set(await coverage.takeAll());
  const ofLeft = blocks.filter((block) => reached.has(block));
  const ofRight = blocks.filter((block) => !reached.has(block));
  return [
    ...(ofLeft.length > 0 ? await keepers(left, ofLeft, coverage, tryOne) : []),
    ...(ofRight.length > 0 ? await keepers(right, ofRight, coverage, tryOne) : []),
  ];
}

function stretchOf({ decodeMs, encodeMs }: Answer): number {
  return Math.max(decodeMs, encodeMs);
}

/** Once may be the garbage collector's doing: the third of five times counts. */
async function checkTime(target: HttpTarget, input: FuzzInput, mostMs: number): Promise<void> {
  const { decodeMs, encodeMs } = await timesOf(target, input);
  const longest = Math.max(decodeMs, encodeMs);
  if (longest > mostMs) throw new FuzzError(`the event loop was held up for ${longest} ms`, input);
}

/** Processor time of an input, the median of five. */
export async function timesOf(
  target: HttpTarget,
  input: FuzzInput,
): Promise<Pick<Answer, 'decodeMs' | 'encodeMs' | 'status'>> {
  const answers: Answer[] = [];
  for (let time = 0; time < 5; time += 1) answers.push(await target.ask(input));
  const median = (of: (answer: Answer) => number): number =>
    answers.map(of).sort((a, b) => a - b)[2] ?? NaN;
  return {
    decodeMs: median(({ decodeMs }) => decodeMs),
    encodeMs: median(({ encodeMs }) => encodeMs),
    status: answers[0]?.status ?? 0,
  };
}
