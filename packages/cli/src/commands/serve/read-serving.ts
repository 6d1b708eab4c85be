import { quoted } from '../../output/shell-word.ts';
import { exampleOf, type OpenApi } from './openapi-example.ts';
import { shortenExample } from './shorten-example.ts';
import type { TemporaryFolder } from '../../temporary-folder/temporary-folder.ts';

/** Longest body that is printed as part of a curl command, in characters; a longer one is read from a file. */
const MAX_INLINE_LENGTH = 600;

/** State of one model, with a request to it. */
interface ServingModel {
  readonly model: string;
  readonly version?: string;
  readonly ready: boolean;
  readonly reason?: string;
  /** Command for a shell that sends an example to the model. */
  readonly curl?: string;
}

/** Address, key and models of a running server. */
export interface Serving {
  readonly address: string;
  /** Address for gRPC, if the environment has one. */
  readonly grpc?: string | undefined;
  readonly key: string;
  readonly models: readonly ServingModel[];
}

/** Reads the state of the models from the server itself, and makes a curl line of each example in its OpenAPI document. */
export async function readServing({
  address,
  key,
  models,
  folder,
}: {
  readonly address: string;
  readonly key: string;
  readonly models: readonly string[];
  readonly folder: TemporaryFolder;
}): Promise<Serving> {
  const read = async (path: string): Promise<unknown> => {
    const response = await fetch(address + path, { headers: { authorization: `Bearer ${key}` } });
    return response.json();
  };
  const document = (await read('/openapi.json')) as OpenApi;
  const described = models.map(async (model): Promise<ServingModel> => {
    const root = `/v2/models/${model}`;
    const { ready = false, reason } = (await read(`${root}/ready`)) as {
      readonly ready?: boolean;
      readonly reason?: string;
    };
    if (!ready) return { model, ready, ...(reason !== undefined && { reason }) };
    const { versions = [], inputs = [] } = (await read(root)) as {
      readonly versions?: readonly string[];
      readonly inputs?: Parameters<typeof shortenExample>[1];
    };
    const version = versions.at(-1);
    const example = exampleOf(document, model);
    const body = example && JSON.stringify(shortenExample(example, inputs));
    return {
      ...{ model, ready },
      ...(version !== undefined && { version }),
      ...(body !== undefined && {
        curl: curl(`${address}${root}/infer`, key, await dataOf(body, model, folder)),
      }),
    };
  });
  return { address, key, models: await Promise.all(described) };
}

async function dataOf(body: string, model: string, folder: TemporaryFolder): Promise<string> {
  if (body.length <= MAX_INLINE_LENGTH) return body;
  return `@${await folder.write(`${model}.example.json`, body)}`;
}

function curl(url: string, key: string, data: string): string {
  const headers = [`Authorization: Bearer ${key}`, 'Content-Type: application/json'];
  return [
    'curl -sS',
    url,
    ...headers.map((header) => `-H ${quoted(header)}`),
    '-d',
    quoted(data),
  ].join(' ');
}
