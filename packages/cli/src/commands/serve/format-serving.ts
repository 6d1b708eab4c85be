import { count } from '../../output/format-values.ts';
import { oneLine } from '../../output/plain-text.ts';
import { shellWord } from '../../output/shell-word.ts';
import type { ServedRegistry } from './served-registry.ts';
import type { Serving } from './read-serving.ts';

/** Number of processes of a gateway, with the reason unless it was given. */
export interface NumberOfProcesses {
  readonly number: number;
  readonly reason?: string;
}

/** Formats address, key and a request per model for a terminal. */
export function formatServing(
  { address, grpc, key, models, processes }: Serving & { readonly processes: NumberOfProcesses },
  {
    location,
    isTemporary,
    unpromoted,
    alias,
    settings,
  }: Pick<ServedRegistry, 'location' | 'isTemporary' | 'unpromoted'> & {
    readonly alias: string;
    /** Settings of the gateway. */
    readonly settings: Readonly<Record<string, string>>;
  },
): readonly string[] {
  const from = isTemporary ? 'a temporary registry' : `the registry ${oneLine(location)}`;
  const option = alias === 'champion' ? '' : ` --alias ${shellWord(alias)}`;
  return [
    `Serving ${address} from ${from}, alias ${alias}.`,
    ...(grpc === undefined ? [] : [`gRPC:   ${grpc} (FAIRLEAD_GRPC_LISTEN)`]),
    `Key:    ${key} (valid until this command ends)`,
    ...formatProcesses(processes),
    ...formatRecording(settings),
    ...models.flatMap(({ model, version, ready, reason, curl }) => [
      '',
      ready
        ? `${model}, version ${version ?? '?'}:`
        : `${model} is not ready: ${oneLine(reason ?? 'no reason is known')}`,
      ...(curl === undefined ? [] : [curl]),
    ]),
    ...unpromoted.flatMap(({ model, latestVersion }) => [
      '',
      `${model} has no alias ${alias} yet; it is served within seconds after:`,
      `fairlead model promote ${model} ${latestVersion}${option} --registry ${shellWord(location)}`,
    ]),
    ...(models.length + unpromoted.length === 0
      ? [
          '',
          `The registry is empty. Push and promote a model; it is served within seconds after:`,
          `fairlead model push iris model.onnx --registry ${shellWord(location)}`,
        ]
      : []),
    '',
    `Every request with an example: ${address}/docs. Ctrl-C stops.`,
  ];
}

/** Describes the number of processes, unless it is 1 as by default. */
function formatProcesses({ number, reason }: NumberOfProcesses): readonly string[] {
  if (number === 1 && reason === undefined) return [];
  const why = reason === undefined ? '' : `: ${oneLine(reason)}`;
  return [`Runs:   ${count(number, 'process', 'processes')}${why}`];
}

/** Describes what a gateway with these settings records, and that it takes part in rollouts or not. */
function formatRecording({
  FAIRLEAD_STATE_FOLDER: state = '',
  FAIRLEAD_WINDOWS: windows = 'auto',
  FAIRLEAD_CAPTURE_LOCATION: captures = '',
  FAIRLEAD_ROLLOUTS: rollouts = 'on',
}: Readonly<Record<string, string>>): readonly string[] {
  const hasWindows = windows === 'on' || (windows === 'auto' && state !== '');
  const counts = hasWindows
    ? 'counts for drift reports, every five minutes'
    : 'no counts for drift reports (FAIRLEAD_STATE_FOLDER)';
  const requests =
    captures === ''
      ? 'no requests (FAIRLEAD_CAPTURE_LOCATION)'
      : `requests in ${oneLine(captures)}`;
  return [
    `Stores: ${counts}; ${requests}`,
    rollouts === 'off'
      ? 'Rollouts of the registry are ignored (FAIRLEAD_ROLLOUTS=on takes part).'
      : 'Takes part in the rollouts of the registry: it splits traffic, and judges.',
  ];
}
