import type { NoticeCondition, NoticeResult } from '@fairlead/monitoring';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { count } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';

/** Sends notices of a command. */
export interface CommandNotices {
  /** Sends a notice once; a destination without it is noted, and {@link close} fails. */
  send(condition: NoticeCondition, status?: 'began' | 'ended'): Promise<void>;
  /** @throws CliError `ERR_CLI_CHECK_FAILED` if a destination did not receive a notice */
  close(): Promise<void>;
}

/**
 * Opens the destinations that the settings `FAIRLEAD_NOTICE_…` of the environment name.
 *
 * @throws CliError `ERR_CLI_USAGE` without one; SettingsError for a setting that can't be used
 */
export async function openNotices({ io, output }: CommandContext): Promise<CommandNotices> {
  const { openNotifier } = await import('@fairlead/gateway');
  const notifier = await openNotifier(io.env);
  if (notifier === undefined) throw noDestination();
  let lost = 0;
  return {
    async send(condition, status) {
      const failed = failedResults(await notifier.send(condition, status));
      lost += failed.length;
      for (const { destination, reason } of failed) {
        output.note(`fairlead: ${oneLine(destination)} did not receive the notice: ${reason}`);
      }
    },
    async close() {
      await notifier.close();
      if (lost === 0) return;
      throw new CliError('ERR_CLI_CHECK_FAILED', `${count(lost, 'notice')} did not arrive`);
    },
  };
}

/** Error of a command that sends notices where the environment has no destination. */
export function noDestination(): CliError {
  return new CliError(
    'ERR_CLI_USAGE',
    'no destination is configured: set FAIRLEAD_NOTICE_WEBHOOKS, FAIRLEAD_NOTICE_SLACK_WEBHOOKS, FAIRLEAD_NOTICE_TOPIC or FAIRLEAD_NOTICE_SENTRY_DSN as the gateway has it',
  );
}

/** Destinations that did not receive a notice, with the reason in one line. */
export function failedResults(results: readonly NoticeResult[]): readonly Required<NoticeResult>[] {
  return results.flatMap(({ destination, reason }) =>
    reason === undefined ? [] : [{ destination, reason: oneLine(reason) }],
  );
}
