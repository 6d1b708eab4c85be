import { isIP } from 'node:net';

/**
 * Variables of the `fairlead` command, of the Flask service and of `npm start` with its set-up, which a shell or an environment
 * file may set for all.
 */
const OF_SIBLINGS: ReadonlySet<string> = new Set([
  'FAIRLEAD_ACTOR',
  'FAIRLEAD_API_KEY',
  'FAIRLEAD_WEBHOOK_SECRET',
  'FAIRLEAD_MODEL_FOLDER',
  'FAIRLEAD_MODEL_THREADS',
  'FAIRLEAD_PYTHON',
  'FAIRLEAD_STATE',
]);

const isPort = (value: string): boolean => /^\d{1,5}$/.test(value);
const isProtocolUrl = (value: string): boolean => /^(?:tcp|udp|sctp):\/\/\S+:\d{1,5}$/.test(value);

/**
 * The variables that Kubernetes sets in every pod for each Service; those of one named `fairlead` or `fairlead-gateway` begin
 * as settings do.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const OF_KUBERNETES: readonly (readonly [name: RegExp, isValue: (value: string) => boolean])[] = [
  [/_SERVICE_HOST$/, (value) => isIP(value) !== 0],
  [/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, isPort],
  [/(?:^FAIRLEAD|_[A-Z0-9]+)_PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/, isProtocolUrl],
  [/_PORT_\d+_(?:TCP|UDP|SCTP)_PROTO$/, (value) => /^(?:tcp|udp|sctp)$/.test(value)],
  [/_PORT_\d+_(?:TCP|UDP|SCTP)_PORT$/, isPort],
  [/_PORT_\d+_(?:TCP|UDP|SCTP)_ADDR$/, (value) => isIP(value) !== 0],
];

/**
 * Says which setting was probably meant by a port of `npm start`, which a gateway that ignored it would not listen on; undefined
 * for any other variable.
 */
export function meantByPort(variable: string): string | undefined {
  if (variable === 'FAIRLEAD_PORT') return 'FAIRLEAD_LISTEN=127.0.0.1:<port>';
  return variable === 'FAIRLEAD_GRPC_PORT' ? 'FAIRLEAD_GRPC_LISTEN=127.0.0.1:<port>' : undefined;
}

/**
 * Returns whether a variable with the prefix of settings belongs to another program, so that it is no misspelled setting.
 *
 * Name and value decide: `FAIRLEAD_PORT=tcp://10.0.0.1:80` is Kubernetes', `FAIRLEAD_PORT=80` is a mistake.
 */
export function isForeignVariable(variable: string, value: string): boolean {
  return (
    OF_SIBLINGS.has(variable) ||
    OF_KUBERNETES.some(([name, isValue]) => name.test(variable) && isValue(value))
  );
}
