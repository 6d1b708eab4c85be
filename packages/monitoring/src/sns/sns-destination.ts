import { PublishCommand } from '@aws-sdk/client-sns';
import { checkMethod, checkOptions, rejectOption } from '../check-options.ts';
import { MonitoringError } from '../monitoring-error.ts';
import type { Notice, NoticeDestination } from '../notices/notice.ts';
import { errorCode } from '../notices/failure-reason.ts';
import { noticeData, noticeLines, noticeTitle } from '../notices/notice-text.ts';
import type { OptionNames } from '../options-problem.ts';

/** Sends commands to SNS; `SNSClient` of `@aws-sdk/client-sns` is one. */
export interface SnsClientShape {
  send(command: PublishCommand, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>;
}

/** Options of {@link snsDestination}. */
export interface SnsDestinationOptions {
  /** Client of the region of the topic. */
  readonly client: SnsClientShape;
  /** ARN of the topic, standard or FIFO. */
  readonly topicArn: string;
  /**
   * Name in logs and results.
   *
   * @defaultValue `sns` and the name of the topic
   */
  readonly name?: string;
}

const optionNames: OptionNames<SnsDestinationOptions> = {
  client: 'required',
  topicArn: 'required',
  name: 'optional',
};

// Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const MAX_SUBJECT_LENGTH = 100;
const MAX_SMS_LENGTH = 140;
const arn = /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:([A-Za-z0-9_-]{1,256}(?:\.fifo)?)$/;
/** Errors that the next attempt will meet again. */
const permanent = new Set([
  'NotFound',
  'NotFoundException',
  'InvalidParameter',
  'InvalidParameterException',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'InvalidSecurity',
  'AuthorizationError',
  'AuthorizationErrorException',
  'EndpointDisabledException',
]);

/**
 * Creates a destination that publishes notices to a topic of SNS: text to e-mail and SMS, JSON to all other subscriptions. Filter
 * policies can use the attributes `kind`, `status`, `severity` and `model`.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { SNSClient } from '@aws-sdk/client-sns';
 * import { snsDestination } from '@fairlead/monitoring/sns';
 *
 * const client = new SNSClient({ region: 'eu-central-1' });
 * const topicArn = 'arn:aws:sns:eu-central-1:123456789012:model-notices';
 * console.log(snsDestination({ client, topicArn }).name); // sns model-notices
 * client.destroy();
 * ```
 */
export function snsDestination(options: SnsDestinationOptions): NoticeDestination {
  const { client, topicArn, name } = checkOptions('snsDestination', options, optionNames);
  checkMethod('client', client, 'send');
  const topic = typeof topicArn === 'string' ? arn.exec(topicArn)?.[1] : undefined;
  if (topic === undefined) {
    return rejectOption(
      'topicArn',
      'the ARN of a topic: arn:aws:sns:region:account:name',
      topicArn,
    );
  }
  const isFifo = topic.endsWith('.fifo');
  return {
    name: name ?? `sns ${topic}`,
    async send(notice, signal) {
      const command = new PublishCommand({
        TopicArn: topicArn,
        Subject: subjectOf(notice),
        MessageStructure: 'json',
        Message: messageOf(notice),
        MessageAttributes: attributesOf(notice),
        ...(isFifo && { MessageGroupId: notice.key, MessageDeduplicationId: notice.id }),
      });
      try {
        await client.send(command, { abortSignal: signal });
      } catch (error) {
        const isPermanent = error instanceof Error && permanent.has(error.name);
        throw new MonitoringError(
          isPermanent ? 'ERR_MONITORING_NOTICE_REJECTED' : 'ERR_MONITORING_NOTICE_UNAVAILABLE',
          isPermanent ? error.name : (errorCode(error) ?? 'the publication failed'),
        );
      }
    },
  };
}

/** The subject of an e-mail: ASCII without control characters. */
function subjectOf(notice: Notice): string {
  return noticeTitle(notice)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, MAX_SUBJECT_LENGTH)
    .trim();
}

function messageOf(notice: Notice): string {
  const title = noticeTitle(notice);
  const text = [title, '', ...noticeLines(notice)].join('\n');
  return JSON.stringify({
    default: JSON.stringify(noticeData(notice)),
    email: text,
    sms: title.slice(0, MAX_SMS_LENGTH),
  });
}

function attributesOf({ kind, status, severity, model }: Notice) {
  const values = { kind, status, severity, ...(model !== undefined && { model }) };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      { DataType: 'String', StringValue: value },
    ]),
  );
}
