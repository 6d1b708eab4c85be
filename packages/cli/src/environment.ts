/** What the command takes from the environment; nothing else of it is read anywhere. */
export interface Environment {
  /** `FAIRLEAD_REGISTRY`: a folder, or `s3://bucket/prefix`. */
  readonly registry: string | undefined;
  /** `FAIRLEAD_ACTOR`: who does what is done, for the history. */
  readonly actor: string | undefined;
  /** `FAIRLEAD_KEYS_FILE`: JSON file of the API keys. */
  readonly keysFile: string | undefined;
  /** `FAIRLEAD_PEPPER`: the secret that the digests of API keys are made with. */
  readonly pepper: string | undefined;
  /** `FAIRLEAD_API_KEY`: sent to the servers that `parity` asks. */
  readonly apiKey: string | undefined;
  /** `FAIRLEAD_WEBHOOK_SECRET`: what webhooks are signed with. */
  readonly webhookSecret: string | undefined;
  /** `NO_COLOR`, https://no-color.org: set and not empty, nothing is coloured. */
  readonly noColor: boolean;
}

/** Reads the environment; a variable that is set and empty counts as not set. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const read = (name: string): string | undefined => {
    const value = env[name];
    return value === undefined || value.trim() === '' ? undefined : value;
  };
  return {
    registry: read('FAIRLEAD_REGISTRY'),
    actor: read('FAIRLEAD_ACTOR'),
    keysFile: read('FAIRLEAD_KEYS_FILE'),
    pepper: read('FAIRLEAD_PEPPER'),
    apiKey: read('FAIRLEAD_API_KEY'),
    webhookSecret: read('FAIRLEAD_WEBHOOK_SECRET'),
    noColor: read('NO_COLOR') !== undefined || read('TERM') === 'dumb',
  };
}
