/** Stable codes of {@link WebhookError}; each has a paragraph in `docs/errors/webhooks.md`. */
export type WebhookErrorCode = 'ERR_WEBHOOKS_INVALID_OPTION';

/** An option of this package is wrong; the message names the option, its value and the fix, and never a secret. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  readonly code: WebhookErrorCode;

  constructor(code: WebhookErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
