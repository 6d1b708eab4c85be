import { runProgram } from './run-program.ts';

/** State of a service, as systemd reports it. */
export interface ServiceState {
  readonly name: string;
  readonly active: string;
  readonly sub: string;
  readonly mainPid: string;
  readonly restarts: number;
}

/** Reads the states of services. */
export async function readServices(services: readonly string[]): Promise<readonly ServiceState[]> {
  return Promise.all(
    services.map(async (name) => {
      const { stdout } = await runProgram('systemctl', [
        ...['show', name, '--property=ActiveState,SubState,MainPID,NRestarts'],
      ]);
      const values = new Map(stdout.split('\n').map((line) => line.split('=') as [string, string]));
      return {
        name,
        active: values.get('ActiveState') ?? 'unknown',
        sub: values.get('SubState') ?? 'unknown',
        mainPid: values.get('MainPID') ?? '0',
        restarts: Number(values.get('NRestarts') ?? 0),
      };
    }),
  );
}

/** Checks whether a service has ended twice: once may be a failure that passes, such as of a network. */
export function hasCrashed({ active, sub, restarts }: ServiceState): boolean {
  return active === 'failed' || restarts >= 2 || (restarts === 1 && sub === 'auto-restart');
}
