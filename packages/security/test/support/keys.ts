import { ApiKeySet, createApiKey, type CreateApiKeyOptions } from '../../src/index.ts';

export const pepper = 'PLANTED-pepper-0123456789-0123456789';

/** A set with one key per entry, and the keys in the same order. */
export function keySet(...entries: readonly Partial<CreateApiKeyOptions>[]): {
  readonly keys: readonly string[];
  readonly set: ApiKeySet;
} {
  const created = entries.map((entry, index) =>
    createApiKey({ pepper, client: `client-${index}`, scopes: [], ...entry }),
  );
  const records = created.map(({ record }) => record);
  return { keys: created.map(({ key }) => key), set: new ApiKeySet({ pepper, records }) };
}
