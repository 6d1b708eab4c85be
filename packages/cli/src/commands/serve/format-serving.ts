import { oneLine } from '../../output/plain-text.ts';
import { shellWord } from '../../output/shell-word.ts';
import type { ServedRegistry } from './served-registry.ts';
import type { Serving } from './read-serving.ts';

/** Formats address, key and a request per model for a terminal. */
export function formatServing(
  { address, grpc, key, models }: Serving,
  {
    location,
    isTemporary,
    unpromoted,
    alias,
  }: Pick<ServedRegistry, 'location' | 'isTemporary' | 'unpromoted'> & { readonly alias: string },
): readonly string[] {
  const from = isTemporary ? 'a temporary registry' : `the registry ${oneLine(location)}`;
  const option = alias === 'champion' ? '' : ` --alias ${shellWord(alias)}`;
  return [
    `Serving ${address} from ${from}, alias ${alias}.`,
    ...(grpc === undefined ? [] : [`gRPC:   ${grpc} (FAIRLEAD_GRPC_LISTEN)`]),
    `Key:    ${key} (valid until this command ends)`,
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
