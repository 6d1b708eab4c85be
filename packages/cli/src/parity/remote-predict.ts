import type { Predict } from '@fairlead/parity';
import { CliError } from '../cli-error.ts';
import { jsonText } from '../output/json-text.ts';

const TIMEOUT_MS = 60_000;
const MAX_SHOWN = 300;

/**
 * Predicts by a server of the Open Inference Protocol, in JSON; `url` is that of a model,
 * `http://host/v2/models/digits`, or of one of its versions.
 *
 * `apiKey` is sent as a bearer token. Redirects aren't followed.
 *
 * @throws CliError `ERR_CLI_USAGE` for an invalid URL; the returned function throws `ERR_CLI_ORIGINAL_FAILED`
 */
export function remotePredict(url: string, apiKey: string | undefined): Predict {
  const endpoint = inferUrl(url);
  return async (inputs) => {
    const failed = (why: string, cause?: unknown): CliError =>
      new CliError('ERR_CLI_ORIGINAL_FAILED', `the request to ${endpoint} failed: ${why}`, {
        cause,
      });
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        body: jsonText({ inputs }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await answer.text();
    } catch (cause) {
      const { message, cause: inner } = cause instanceof Error ? cause : new Error(String(cause));
      throw failed(inner instanceof Error ? `${message} (${inner.message})` : message, cause);
    }
    if (!answer.ok) {
      const hint = answer.status === 401 ? '; set FAIRLEAD_API_KEY' : '';
      throw failed(`${answer.status} ${text.slice(0, MAX_SHOWN)}${hint}`);
    }
    try {
      const { decodeJson, decodeTensor, tensorAsJson } = await import('@fairlead/signature');
      return decodeJson(text, (json) =>
        readOutputs(json).map((output) => tensorAsJson(decodeTensor(output))),
      );
    } catch (cause) {
      throw failed(cause instanceof Error ? cause.message : String(cause), cause);
    }
  };
}

function inferUrl(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new CliError('ERR_CLI_USAGE', `invalid URL ${JSON.stringify(url)}`, { cause });
  }
  if (
    !/\/v2\/models\/[^/]+/.test(parsed.pathname) ||
    parsed.username !== '' ||
    parsed.search !== ''
  ) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${JSON.stringify(parsed.origin + parsed.pathname)} is not the URL of a model: expected http://host:port/v2/models/<name> ` +
        'without user or query; set FAIRLEAD_API_KEY for an API key',
    );
  }
  return `${parsed.href.replace(/\/(?:infer)?$/, '')}/infer`;
}

function readOutputs(value: unknown): readonly unknown[] {
  if (
    typeof value === 'object' &&
    value !== null &&
    'outputs' in value &&
    Array.isArray(value.outputs)
  ) {
    return value.outputs;
  }
  throw new Error('the response has no "outputs"');
}
