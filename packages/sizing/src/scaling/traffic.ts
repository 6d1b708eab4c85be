import { checkNumber, checkOptions } from '../check-options.ts';
import { SizingError } from '../sizing-error.ts';

/** Traffic over time, in equal steps. */
export interface Traffic {
  readonly stepSeconds: number;
  /** Requests a second during each step. */
  readonly rates: readonly number[];
}

/** Options of {@link generateDay}. */
export interface GenerateDayOptions {
  /** Highest rate of the day without its bursts, in requests a second. */
  readonly peakPerSecond: number;
  /** Rate at night, as a share of the peak. @defaultValue `0.2` */
  readonly nightShare?: number;
  /** Bursts, spread over the day by chance. @defaultValue `4` */
  readonly bursts?: number;
  /** Highest rate of a burst, relative to the traffic around it. @defaultValue `1.8` */
  readonly burstFactor?: number;
  /** Seed: the same one gives the same day. @defaultValue `1` */
  readonly seed?: number;
}

const DAY_SECONDS = 86_400;
const STEP_SECONDS = 10;
/** A burst grows for 3 minutes, stays for 7, and falls for 10. */
const BURST = { growSeconds: 180, staySeconds: 420, fallSeconds: 600 };
const NOISE = 0.05;
/** Hour of the day with the most requests. */
const BUSIEST_HOUR = 15;

/**
 * Generates a day of traffic: a night, a busiest hour in the afternoon, noise of 5 %, and bursts.
 *
 * @example
 * ```ts
 * import { generateDay } from '@fairlead/sizing';
 *
 * const { rates, stepSeconds } = generateDay({ peakPerSecond: 1000, bursts: 0 });
 * console.log(rates.length * stepSeconds, Math.round(Math.max(...rates) / 100)); // 86400 11
 * ```
 */
export function generateDay(options: GenerateDayOptions): Traffic {
  checkOptions('generateDay', options, {
    ...{ peakPerSecond: 'required', nightShare: 'optional', bursts: 'optional' },
    ...{ burstFactor: 'optional', seed: 'optional' },
  });
  const { nightShare = 0.2, bursts = 4, burstFactor = 1.8, seed = 1 } = options;
  const peakPerSecond = checkNumber('peakPerSecond', options.peakPerSecond, 0.01, 1e7);
  checkNumber('nightShare', nightShare, 0, 1);
  checkNumber('bursts', bursts, 0, 1000);
  checkNumber('burstFactor', burstFactor, 1, 100);
  checkNumber('seed', seed, 0, 2 ** 32 - 1);
  const random = randomNumbers(seed);
  const begins = Array.from({ length: bursts }, () => random() * DAY_SECONDS);
  const rates = Array.from({ length: DAY_SECONDS / STEP_SECONDS }, (_, step) => {
    const second = step * STEP_SECONDS;
    const hour = second / 3600;
    const wave = (1 + Math.cos(((hour - BUSIEST_HOUR) / 24) * 2 * Math.PI)) / 2;
    const usual = peakPerSecond * (nightShare + (1 - nightShare) * wave);
    const burst = Math.max(0, ...begins.map((begin) => burstHeight(second - begin)));
    return usual * (1 + (burstFactor - 1) * burst) * (1 + NOISE * gaussian(random));
  });
  return { stepSeconds: STEP_SECONDS, rates: rates.map((rate) => Math.max(0, rate)) };
}

/** Height of a burst, from 0 to 1, so many seconds after its begin. */
function burstHeight(seconds: number): number {
  const { growSeconds, staySeconds, fallSeconds } = BURST;
  if (seconds < 0) return 0;
  if (seconds < growSeconds) return seconds / growSeconds;
  if (seconds < growSeconds + staySeconds) return 1;
  return Math.max(0, 1 - (seconds - growSeconds - staySeconds) / fallSeconds);
}

/** Numbers from 0 to 1 (mulberry32 by Tommy Ettinger, public domain). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A standard normal number (Box and Muller). */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Longest traffic that is simulated: a month. */
const MAX_STEPS = 31 * (DAY_SECONDS / STEP_SECONDS);

/**
 * Reads traffic from CSV: a time and the requests a second from then on, in each line; a head line is skipped.
 *
 * Times are ISO 8601, or seconds, in ascending order. The last rate holds as long as the one before it.
 *
 * @throws SizingError `ERR_SIZING_TRAFFIC_INVALID` naming the line, its value and what was expected
 *
 * @example
 * ```ts
 * import { readTraffic } from '@fairlead/sizing';
 *
 * const { rates } = readTraffic('time,requests_per_second\n0,100\n60,250\n');
 * console.log(rates.length, rates[0], rates.at(-1)); // 12 100 250
 * ```
 */
export function readTraffic(csv: string): Traffic {
  const lines = csv.replace(/^\uFEFF/, '').split(/\r?\n/);
  const points = lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const [time = '', rate = ''] = line.split(/[,;\t]/).map((cell) => cell.trim());
    const at = secondsOf(time);
    if (index === 0 && Number.isNaN(at)) return [];
    return [checkPoint(index + 1, { at, rate: Number(rate || NaN) }, line)];
  });
  const [first, second] = points;
  if (first === undefined || second === undefined) {
    throw invalid('it has fewer than two lines with a time and requests a second');
  }
  points.forEach(({ at, line }, index) => {
    if (index > 0 && at <= (points[index - 1]?.at ?? 0)) {
      throw invalid(`the time of line ${line} is not after that of the line before it`);
    }
  });
  const last = points.at(-1) ?? second;
  const lastSpan = last.at - (points.at(-2) ?? first).at;
  const steps = Math.ceil((last.at + lastSpan - first.at) / STEP_SECONDS);
  if (steps > MAX_STEPS) throw invalid('it is longer than 31 days');
  let index = 0;
  const rates = Array.from({ length: steps }, (_, step) => {
    const second = first.at + step * STEP_SECONDS;
    while ((points[index + 1]?.at ?? Infinity) <= second) index += 1;
    return points[index]?.rate ?? 0;
  });
  return { stepSeconds: STEP_SECONDS, rates };
}

interface TrafficPoint {
  readonly line: number;
  readonly at: number;
  readonly rate: number;
}

function checkPoint(
  line: number,
  { at, rate }: Pick<TrafficPoint, 'at' | 'rate'>,
  content: string,
): TrafficPoint {
  const shown = JSON.stringify(content.slice(0, 80));
  if (Number.isNaN(at)) throw invalid(`line ${line} has no time: ${shown}`);
  if (!(rate >= 0 && rate <= 1e7)) {
    throw invalid(`line ${line} has no requests a second from 0 to 10,000,000: ${shown}`);
  }
  return { line, at, rate };
}

function secondsOf(time: string): number {
  if (/^\d+(\.\d+)?$/.test(time)) return Number(time);
  return /^\d{4}-\d{2}-\d{2}T/.test(time) ? Date.parse(time) / 1000 : NaN;
}

function invalid(problem: string): SizingError {
  return new SizingError(
    'ERR_SIZING_TRAFFIC_INVALID',
    `The traffic can't be used: ${problem}. Expected CSV with a time and requests a second, such as 2026-11-30T08:00:00Z,120.`,
  );
}
