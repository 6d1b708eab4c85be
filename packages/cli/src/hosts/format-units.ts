import type { HostStatus } from '@fairlead/deploy';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';

/** Formats the units of a host: how many are active, or those that should be and aren't. */
export function formatUnits(output: Pick<Output, 'paint'>, units: HostStatus['units']): string {
  const states = Object.entries(units);
  if (states.length === 0) return '–';
  const wrong = states.filter(([name, state]) => state !== 'active' && !isWaiting(units, name));
  if (wrong.length === 0) {
    const active = states.filter(([, state]) => state === 'active');
    return output.paint('good', `${active.length} active`);
  }
  return wrong
    .map(([name, state]) => output.paint('bad', `${oneLine(name)} ${oneLine(state)}`))
    .join(', ');
}

/** Returns whether a unit runs only when its timer starts it, and doesn't now. */
function isWaiting(units: HostStatus['units'], name: string): boolean {
  const timer = name.replace(/\.service$/, '.timer');
  return timer !== name && timer in units && /^(?:inactive|activating)$/.test(units[name] ?? '');
}
