import type { Random } from '@fairlead/test-support/random';

/** Requests of a minute and their failures. */
export interface Minute {
  /** Step of the plan. */
  readonly step: number;
  readonly requests: readonly [candidate: number, baseline: number];
  readonly failures: readonly [candidate: number, baseline: number];
}

/** Traffic of a rollout, minute by minute. */
export type Stream = (minute: number) => Minute;

const REQUESTS = 120;
const DAY = 1440;

/** 120 requests a minute, of which the candidate gets a share, with constant rates of failures. */
export function constantStream(
  random: Random,
  {
    share,
    rate,
    ratio = 1,
  }: { readonly share: number; readonly rate: number; readonly ratio?: number },
): Stream {
  return () => drawMinute(random, { step: 0, share, rate, ratio });
}

/** Shares of 5, 10, 25 and 50 % from 0, 4, 8 and 12 o'clock, and a rate that is 0.2 to 1.8 times its mean during the day. */
export function rampStream(
  random: Random,
  { rate, ratio = 1 }: { readonly rate: number; readonly ratio?: number },
): Stream {
  return (minute) => {
    const step = Math.min(3, Math.floor(minute / 240));
    const daily = rate * (1 + 0.8 * Math.sin((2 * Math.PI * minute) / DAY));
    return drawMinute(random, { step, share: RAMP[step] ?? 0, rate: daily, ratio });
  };
}

/** Shares of the steps of {@link rampStream}. */
export const RAMP = [0.05, 0.1, 0.25, 0.5];

function drawMinute(
  random: Random,
  of: {
    readonly step: number;
    readonly share: number;
    readonly rate: number;
    readonly ratio: number;
  },
): Minute {
  const candidate = random.binomial(REQUESTS, of.share);
  const requests = [candidate, REQUESTS - candidate] as const;
  const failures = [
    random.binomial(requests[0], of.rate * of.ratio),
    random.binomial(requests[1], of.rate),
  ] as const;
  return { step: of.step, requests, failures };
}

/** Requests and failures of users who keep their variant, each with a separate rate: all of them, and the first ones of each user. */
export function userStreams(
  random: Random,
  {
    users,
    share,
    rate,
    concentration,
  }: {
    readonly users: number;
    readonly share: number;
    readonly rate: number;
    /** Sum of the parameters of the beta distribution of the rates. */
    readonly concentration: number;
  },
): { readonly all: Stream; readonly first: Stream } {
  const rates = Float64Array.from({ length: users }, () => {
    const [fails, works] = [
      random.gamma(rate * concentration),
      random.gamma((1 - rate) * concentration),
    ];
    return fails / (fails + works);
  });
  const isCandidate = Uint8Array.from({ length: users }, () => Number(random.uniform() < share));
  const [hasCome, hasFailed] = [new Uint8Array(users), new Uint8Array(users)];
  const first: Minute[] = [];
  const all: Stream = () => {
    const every = { step: 0, requests: pair(), failures: pair() };
    const firsts = { step: 0, requests: pair(), failures: pair() };
    for (let i = 0; i < REQUESTS; i += 1) {
      const user = Math.floor(random.uniform() * users);
      const variant = isCandidate[user] === 1 ? 0 : 1;
      every.requests[variant] += 1;
      if (hasCome[user] === 0) firsts.requests[variant] += 1;
      hasCome[user] = 1;
      if (random.uniform() >= (rates[user] ?? 0)) continue;
      every.failures[variant] += 1;
      if (hasFailed[user] === 0) firsts.failures[variant] += 1;
      hasFailed[user] = 1;
    }
    first.push(firsts);
    return every;
  };
  // Both are of the same requests: `all` draws a minute, `first` shows it.
  return {
    all,
    first: (minute) => first[minute] ?? { step: 0, requests: pair(), failures: pair() },
  };
}

const pair = (): [candidate: number, baseline: number] => [0, 0];
