/** Settings of the command in the environment; no other code of the command reads the environment. */
export interface Environment {
  /** `FAIRLEAD_REGISTRY`: a folder, or `s3://bucket/prefix`. */
  readonly registry: string | undefined;
  /** `FAIRLEAD_CAPTURE_LOCATION`: captured requests and labels, a folder or `s3://bucket/prefix`. */
  readonly captures: string | undefined;
  /** `FAIRLEAD_ACTOR`: name for the history and the audit log. */
  readonly actor: string | undefined;
  /** `FAIRLEAD_KEYS_FILE`: JSON file of the API keys. */
  readonly keysFile: string | undefined;
  /** `FAIRLEAD_PEPPER`: secret for the digests of the API keys. */
  readonly pepper: string | undefined;
  /** `FAIRLEAD_API_KEY`: API key for the servers that `check` and `model parity` call. */
  readonly apiKey: string | undefined;
  /** `FAIRLEAD_WEBHOOK_SECRET`: secret that webhooks are signed with. */
  readonly webhookSecret: string | undefined;
  /** `NO_COLOR`, https://no-color.org: set and not empty, disables colors. */
  readonly noColor: boolean;
}

/** Reads the environment; a variable that is set and empty counts as unset. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const read = (name: string): string | undefined => {
    const value = env[name];
    return value === undefined || value.trim() === '' ? undefined : value;
  };
  return {
    registry: read('FAIRLEAD_REGISTRY'),
    captures: read('FAIRLEAD_CAPTURE_LOCATION'),
    actor: read('FAIRLEAD_ACTOR'),
    keysFile: read('FAIRLEAD_KEYS_FILE'),
    pepper: read('FAIRLEAD_PEPPER'),
    apiKey: read('FAIRLEAD_API_KEY'),
    webhookSecret: read('FAIRLEAD_WEBHOOK_SECRET'),
    noColor: read('NO_COLOR') !== undefined || read('TERM') === 'dumb',
  };
}
