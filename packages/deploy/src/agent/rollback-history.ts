import type { DeployState } from './deploy-state.ts';

type History = Pick<DeployState, 'history' | 'pending'>;

/** Returns the release that a rollback makes run; `undefined` if there is none. */
export function rollbackTarget({ history, pending }: History): string | undefined {
  if (pending === undefined) return history[1];
  // After a killed deployment, the one that passed its gate last; a killed rollback goes on.
  return pending.isRollback === true ? pending.digest : history[0];
}

/** Returns the history after a rollback: a second one goes one release further back, not forward again. */
export function historyAfterRollback({ history }: History, target: string): string[] {
  const index = history.indexOf(target);
  return index === -1 ? [target, ...history.slice(1)] : history.slice(index);
}
