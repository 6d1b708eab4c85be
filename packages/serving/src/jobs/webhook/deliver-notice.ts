import { describeJob } from '../describe-job.ts';
import type { JobEvent } from '../job-event.ts';
import type { NoticeClaim } from '../job-queue.ts';
import type { WebhookSender } from './webhook-sender.ts';

/** Delivers the webhook of a job that has ended, or gives it back for another time. */
export async function deliverNotice(
  claim: NoticeClaim,
  sender: WebhookSender,
  onEvent: (event: JobEvent) => void,
): Promise<void> {
  const { job, attempt } = claim;
  const { id, webhookUrl = '' } = job.order;
  const reason = await sender.deliver(webhookUrl, id, noticeOf(claim));
  if (reason === undefined) {
    await claim.finish();
    onEvent({ type: 'webhook-delivered', id, attempt });
  } else if (attempt >= sender.maxAttempts) {
    await claim.finish();
    onEvent({ type: 'webhook-given-up', id, attempt, reason });
  } else {
    await claim.release({ delayMs: sender.delayAfter(attempt) });
    onEvent({ type: 'webhook-retried', id, attempt, reason });
  }
}

function noticeOf({ job }: NoticeClaim): string {
  const timestamp = new Date(job.outcome?.finishedAtMs ?? 0).toISOString();
  return JSON.stringify({ type: `job.${job.state}`, timestamp, data: describeJob(job) });
}
