/** One request that is tried. */
export interface FuzzInput {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request with a body. */
export function post(
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): FuzzInput {
  return { method: 'POST', path, headers, body: Buffer.from(body) };
}

/** A request as text that a file can hold. */
export function packInput({ body, ...rest }: FuzzInput): string {
  return JSON.stringify({ ...rest, body: body.toString('base64') });
}

/** The request that {@link packInput} made text of. */
export function unpackInput(text: string): FuzzInput {
  const { body, ...rest } = JSON.parse(text) as Omit<FuzzInput, 'body'> & { body: string };
  return { ...rest, body: Buffer.from(body, 'base64') };
}
