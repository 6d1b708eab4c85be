import { describeValue } from '@fairlead/signature';

import { matchesExpected } from '../agent/matches-expected.ts';
import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import type { GateCheck } from '../release/release-manifest.ts';

/** Options of {@link checkService}. */
export interface CheckServiceOptions {
  /** Address of the service behind its load balancer, such as `https://models.example.com`. */
  readonly url: string;
  /** Requests that must be answered as expected, in this order. */
  readonly checks: readonly [GateCheck, ...GateCheck[]];
  /** Sent as `Authorization: Bearer …`. @defaultValue none */
  readonly apiKey?: string | undefined;
  /** Number of times that each check is sent, so that every host behind the balancer answers. @defaultValue `1` */
  readonly rounds?: number | undefined;
  /** Time for an answer, in milliseconds. @defaultValue `10_000` */
  readonly timeoutMs?: number | undefined;
  /** Sends a request. @defaultValue that of Node */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Result of a check that was sent to a service. */
export interface ServiceCheck {
  readonly path: string;
  /** Number of requests. */
  readonly requests: number;
  /** Number of requests that weren't answered as expected. */
  readonly failed: number;
  /** First problem; `undefined` if there was none. */
  readonly problem: string | undefined;
  /** Slowest answer, in milliseconds. */
  readonly slowestMs: number;
}

const names = {
  url: 'required',
  checks: 'required',
  apiKey: 'optional',
  rounds: 'optional',
  timeoutMs: 'optional',
  fetch: 'optional',
} as const;

/**
 * Sends the checks of a release, such as golden examples, to a service by way of its load balancer, DNS and TLS as a client does,
 * one request after the other. A request that fails doesn't stop the others.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { checkService } from '@fairlead/deploy';
 *
 * const checks = [{ path: '/v2/health/ready' }] as const;
 * const [ready] = await checkService({ url: 'http://127.0.0.1:65535', checks });
 * console.log(ready.failed, ready.problem); // 1 connect ECONNREFUSED 127.0.0.1:65535
 * ```
 */
export async function checkService<const Checks extends CheckServiceOptions['checks']>(
  options: CheckServiceOptions & { readonly checks: Checks },
): Promise<{ readonly [Index in keyof Checks]: ServiceCheck }> {
  checkOptions('checkService', options, names);
  checkText('url', 'the address of a service', options.url);
  const { checks, rounds = 1, timeoutMs = 10_000 } = options;
  if (!URL.canParse(options.url)) {
    throw invalidOption(
      `Option url is ${describeValue(options.url)}: expected an address such as "https://models.example.com".`,
    );
  }
  for (const [name, value] of Object.entries({ rounds, timeoutMs })) {
    if (Number.isSafeInteger(value) && value >= 1 && value <= 3_600_000) continue;
    throw invalidOption(
      `Option ${name} is ${describeValue(value)}: expected a whole number from 1.`,
    );
  }
  const answers = checks.map(() => [] as Answer[]);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, check] of checks.entries()) {
      answers[index]?.push(await send(check, { ...options, timeoutMs }));
    }
  }
  return checks.map(({ path }, index) => summarize(path, answers[index] ?? [])) as {
    readonly [Index in keyof Checks]: ServiceCheck;
  };
}

interface Answer {
  readonly problem: string | undefined;
  readonly ms: number;
}

async function send(
  { path, body, expected }: GateCheck,
  { url, apiKey, timeoutMs, fetch = globalThis.fetch }: CheckServiceOptions & { timeoutMs: number },
): Promise<Answer> {
  const began = performance.now();
  const answered = (problem?: string): Answer => ({ problem, ms: performance.now() - began });
  try {
    const response = await fetch(new URL(path, url), {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A redirection would send the key to another address.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (response.status !== 200)
      return answered(`status ${response.status}: ${text.slice(0, 200)}`);
    if (expected === undefined || matchesExpected(parsed(text), expected)) return answered();
    const wanted = JSON.stringify(expected).slice(0, 200);
    return answered(`the answer is ${text.slice(0, 200)}, expected ${wanted}`);
  } catch (error) {
    return answered(describe(error, timeoutMs));
  }
}

function describe(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  // fetch hides the reason of a failed connection in the cause.
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function summarize(path: string, answers: readonly Answer[]): ServiceCheck {
  const failed = answers.filter(({ problem }) => problem !== undefined);
  return {
    path,
    requests: answers.length,
    failed: failed.length,
    problem: failed[0]?.problem,
    slowestMs: Math.round(Math.max(...answers.map(({ ms }) => ms))),
  };
}
