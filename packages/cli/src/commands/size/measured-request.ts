import { CliError } from '../../cli-error.ts';
import { fileError, readText } from '../../read-file.ts';
import { exampleOf, type OpenApi } from '../serve/openapi-example.ts';
import { shortenExample } from '../serve/shorten-example.ts';
import type { MeasuredGateway } from './measured-gateway.ts';

/** Body that is sent to a model, and the rows in it. */
export interface MeasuredRequest {
  readonly body: string;
  readonly rows: number;
}

interface Described {
  readonly inputs?: Parameters<typeof shortenExample>[1];
}

/**
 * Reads the request from a file, or takes the first row of the example that the gateway has of the model.
 *
 * @throws CliError `ERR_CLI_USAGE` if the model has no example, `ERR_CLI_FILE`
 */
export async function measuredRequest(
  gateway: Pick<MeasuredGateway, 'port' | 'key'>,
  { model, request }: { readonly model: string; readonly request?: string | undefined },
): Promise<MeasuredRequest> {
  if (request !== undefined) {
    const body = await readText(request, 'request');
    try {
      return { body, rows: rowsOf(JSON.parse(body)) };
    } catch (cause) {
      throw fileError(request, 'request', cause);
    }
  }
  const document = (await read(gateway, '/openapi.json')) as OpenApi;
  const { inputs = [] } = (await read(gateway, `/v2/models/${model}`)) as Described;
  const example = exampleOf(document, model);
  if (example === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${model} has no example to send: add a request in JSON with --request request.json`,
    );
  }
  const shortened = shortenExample(example, inputs);
  return { body: JSON.stringify(shortened), rows: rowsOf(shortened) };
}

/** Reads the rows and nanoseconds that the runtime of a model has computed. */
export async function readCompute(
  gateway: Pick<MeasuredGateway, 'port' | 'key'>,
  model: string,
): Promise<{ readonly rows: number; readonly nanoseconds: number }> {
  const { model_stats: stats = [] } = (await read(gateway, `/v2/models/${model}/stats`)) as {
    readonly model_stats?: readonly {
      readonly batch_stats: readonly {
        readonly batch_size: number;
        readonly compute_infer: { readonly count: number; readonly ns: number };
      }[];
    }[];
  };
  const batches = stats.flatMap((each) => each.batch_stats);
  return {
    rows: batches.reduce((sum, each) => sum + each.batch_size * each.compute_infer.count, 0),
    nanoseconds: batches.reduce((sum, each) => sum + each.compute_infer.ns, 0),
  };
}

async function read(
  { port, key }: Pick<MeasuredGateway, 'port' | 'key'>,
  path: string,
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return response.json();
}

/** Rows of a request of the Open Inference Protocol: the first dimension of its first input. */
function rowsOf(request: unknown): number {
  const { inputs } = Object(request) as { readonly inputs?: readonly { shape?: unknown }[] };
  const shape = Array.isArray(inputs) ? (inputs[0] as { shape?: unknown } | undefined)?.shape : [];
  const rows: unknown = Array.isArray(shape) ? shape[0] : 1;
  return typeof rows === 'number' && rows >= 1 ? rows : 1;
}
