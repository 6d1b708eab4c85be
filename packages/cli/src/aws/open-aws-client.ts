/** Client of the AWS SDK with what is shared. */
interface AwsClient {
  readonly config: { readonly credentials: unknown };
}

type Credentials = () => Promise<unknown>;

/** Credentials by the token and the role that they were exchanged for. */
const exchanged = new Map<string, Credentials>();

/**
 * Opens a client of the AWS SDK. All clients of a command share the credentials of an OIDC token, which the first request exchanges: a token
 * of a pipeline expires within minutes, and a client that is opened at the end of a deployment would exchange it too late.
 *
 * @param Client class of the client
 * @param region that of the AWS SDK if it is `undefined`
 */
export function openAwsClient<T extends AwsClient>(
  Client: new (options: { region?: string; credentials?: never }) => T,
  region?: string,
): T {
  const options = region === undefined ? {} : { region };
  // The variables that the AWS SDK reads; with others, it finds credentials that don't expire with a token.
  const { AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_PROFILE, AWS_ACCESS_KEY_ID } = process.env;
  if (AWS_WEB_IDENTITY_TOKEN_FILE === undefined || AWS_WEB_IDENTITY_TOKEN_FILE === '') {
    return new Client(options);
  }
  const key = JSON.stringify([
    ...[AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_PROFILE, AWS_ACCESS_KEY_ID],
  ]);
  const credentials = exchanged.get(key);
  if (credentials !== undefined) {
    return new Client({ ...options, credentials: credentials as never });
  }
  const client = new Client(options);
  exchanged.set(key, () => (client.config.credentials as Credentials)());
  return client;
}
