import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { SteadyLoad } from '@fairlead/test-support';
import type { TcpLink } from '../../support/tcp-link.ts';
import { startRecordedGateway, type Records } from './recorded-gateway.ts';

/** Options of {@link runOutage}. */
export interface OutageOptions {
  /** Way of the gateways to S3. */
  readonly link: TcpLink;
  /** Client with a way around the link. */
  readonly client: S3Client;
  readonly folder: string;
  /** Requests of each gateway. */
  readonly perSecond: number;
  /** S3 can be reached for so long before and after the outage. */
  readonly secondsAround: number;
  readonly awaySeconds: number;
  /** Settings of each gateway. */
  readonly gateways: readonly Readonly<Record<string, string>>[];
}

/** Requests and records of one gateway. */
export interface OutageResult extends Records {
  readonly sent: number;
  /** Requests that got another answer than 200, or none. */
  readonly failed: number;
}

/** Serves under load while the store of models and records is away for a time, and counts what became of the records. */
export async function runOutage(options: OutageOptions): Promise<readonly OutageResult[]> {
  const { link, client, folder, perSecond, secondsAround, awaySeconds, gateways } = options;
  const started = await Promise.all(
    gateways.map((settings, index) => {
      const own = join(folder, String(index));
      mkdirSync(own);
      return startRecordedGateway(client, link.port, own, settings);
    }),
  );
  try {
    const loads = started.map((gateway) => new SteadyLoad(perSecond, () => gateway.infer()));
    await sleep(secondsAround * 1000);
    link.cut();
    await sleep(awaySeconds * 1000);
    link.mend();
    await sleep(secondsAround * 1000);
    for (const load of loads) await load.stop();
    const records = await Promise.all(
      started.map((gateway, index) => gateway.finish(loads[index]?.sent ?? 0)),
    );
    return records.map((each, index) => {
      const { sent = 0, responses = [] } = loads[index] ?? {};
      const failed = sent - responses.filter((status) => status === 200).length;
      return { sent, failed, ...each };
    });
  } finally {
    for (const gateway of started) gateway.kill();
  }
}

/** Describes what is wrong with a result; empty when nothing is. */
export function outageProblems(result: OutageResult): readonly string[] {
  const { sent, failed, counted, uncounted, seen, captured, stored } = result;
  return [
    failed > 0 && `${failed} of ${sent} requests failed`,
    counted + uncounted !== sent &&
      `windows hold ${counted} requests and report ${uncounted} as lost, of ${sent}`,
    seen !== sent && `the capture has seen ${seen} of ${sent} requests`,
    stored !== captured && `${stored} of ${captured} captured requests are in the store`,
  ].filter((problem) => problem !== false);
}
