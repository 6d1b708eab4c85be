/** The part of a gateway's OpenAPI document that has examples of requests. */
export interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly post?: {
          readonly requestBody?: {
            readonly content: Readonly<Record<string, { readonly example?: unknown }>>;
          };
        };
      }
    >
  >;
}

/** Returns the example of a request for inference by a model; undefined where the document has none. */
export function exampleOf({ paths }: OpenApi, model: string): object | undefined {
  const { requestBody } = paths[`/v2/models/${model}/infer`]?.post ?? {};
  const example = requestBody?.content['application/json']?.example;
  return typeof example === 'object' && example !== null ? example : undefined;
}
