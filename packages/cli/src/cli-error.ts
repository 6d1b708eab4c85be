/** Every code that a {@link CliError} can carry; each has a paragraph in `docs/errors/cli.md`. */
export const cliErrorCodes = [
  'ERR_CLI_USAGE',
  'ERR_CLI_NO_REGISTRY',
  'ERR_CLI_NOT_CONFIRMED',
  'ERR_CLI_FILE',
  'ERR_CLI_NO_RUNTIME',
  'ERR_CLI_CHECK_FAILED',
  'ERR_CLI_ORIGINAL_FAILED',
  'ERR_CLI_NO_PEPPER',
  'ERR_CLI_KEY_NOT_FOUND',
  'ERR_CLI_KEYS_LOCKED',
  'ERR_CLI_UNSAFE_PATH',
  'ERR_CLI_HOSTS_FAILED',
  'ERR_CLI_REVERTED',
  'ERR_CLI_PLAN_DIFFERS',
  'ERR_CLI_STOPPED',
  'ERR_CLI_OUTPUT',
  'ERR_CLI_INTERNAL',
] as const;

/** Stable code of a {@link CliError}. */
export type CliErrorCode = (typeof cliErrorCodes)[number];

/** An error of the command itself; errors of the libraries are reported with their own codes. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
