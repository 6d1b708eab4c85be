import { oneLine, shortWords } from '../../output/plain-text.ts';
import type { Finding } from './finding.ts';

const [PROCESSES, MEMORY] = ['FAIRLEAD_PROCESSES', 'FAIRLEAD_PROCESS_MEMORY_BYTES'] as const;

/** Checks that this machine has the cores and the memory for as many processes as a gateway with this environment starts. */
export async function checkProcesses(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Finding> {
  const check = 'processes';
  const { chooseProcesses, readSettings } = await import('@fairlead/gateway');
  const given = Object.fromEntries(
    [PROCESSES, MEMORY].flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  try {
    const settings = readSettings({ ...given, FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1' });
    const auto = chooseProcesses({ ...settings, processes: undefined });
    const why = `${auto.count}, ${auto.reason ?? ''}`;
    if (settings.processes === undefined) {
      return { check, state: 'ok', found: `${PROCESSES}=auto starts ${why}` };
    }
    const found = `${PROCESSES} is ${settings.processes}; auto would start ${why}`;
    if (settings.processes <= auto.count) return { check, state: 'ok', found };
    return { check, state: 'warning', found, fix: `export ${PROCESSES}=auto` };
  } catch (error) {
    const fix = `export ${PROCESSES}=auto; unset ${MEMORY}`;
    const found = error instanceof Error ? error.message : String(error);
    return { check, state: 'problem', found: shortWords(oneLine(found)), fix };
  }
}
