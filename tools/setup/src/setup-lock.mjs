// @ts-check
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { endGroup } from './process-group.mjs';
import { identify, isAlive } from './process-identity.mjs';

/** @import { ProcessIdentity } from './process-identity.mjs' */

/**
 * Content of one turn of the lock: its owner, and the installer that the owner started and that may outlive it.
 * @typedef {{ readonly owner?: ProcessIdentity, readonly installer?: ProcessIdentity }} Turn
 */

const POLL_MS = 200;

/**
 * One set-up at a time in one folder. Turns are numbered files, each created by exactly one process; the highest
 * number holds the lock while its owner lives. The file of the last turn stays, so that no number is given out twice.
 */
export class SetupLock {
  #folder;
  #number;
  /** @type {ProcessIdentity} */
  #owner;

  /**
   * @param {string} folder
   * @param {number} number
   * @param {ProcessIdentity} owner
   */
  constructor(folder, number, owner) {
    this.#folder = folder;
    this.#number = number;
    this.#owner = owner;
  }

  /**
   * Waits for the lock; a dead owner's turn is taken over, after an installer it left running has been ended.
   * @param {string} folder made if missing
   * @param {(pid: number) => void} onWait called once, if another set-up runs now
   * @returns {Promise<SetupLock>}
   */
  static async acquire(folder, onWait) {
    mkdirSync(folder, { recursive: true });
    const owner = identify(process.pid);
    if (owner === undefined) throw new Error('cannot read /proc/self: the set-up runs on Linux');
    let reported = false;
    for (;;) {
      const held = latestTurn(folder);
      if (held?.turn.owner !== undefined && isAlive(held.turn.owner)) {
        if (!reported) onWait(held.turn.owner.pid);
        reported = true;
        await sleep(POLL_MS);
        continue;
      }
      const number = (held?.number ?? 0) + 1;
      // The installer stays in the turn until it is known to have ended, in case this process dies too.
      const installer = held?.turn.installer;
      if (!createTurn(folder, number, installer === undefined ? { owner } : { owner, installer })) {
        continue;
      }
      // Another process may have taken two turns between the read and the write.
      if (latestTurn(folder)?.number !== number) {
        rmSync(turnPath(folder, number), { force: true });
        continue;
      }
      if (installer !== undefined) await endGroup(installer);
      for (const older of turnNumbers(folder)) {
        if (older < number) rmSync(turnPath(folder, older), { force: true });
      }
      return new SetupLock(folder, number, owner);
    }
  }

  /**
   * Records the installer that runs now, so that the next owner can end it.
   * @param {number | undefined} pid leader of a process group
   */
  noteInstaller(pid) {
    const installer = pid === undefined ? undefined : identify(pid);
    this.#write(
      installer === undefined ? { owner: this.#owner } : { owner: this.#owner, installer },
    );
  }

  release() {
    this.#write({});
  }

  /** @param {Turn} turn */
  #write(turn) {
    const path = turnPath(this.#folder, this.#number);
    const temporary = join(this.#folder, `new-turn.${process.pid}`);
    writeFileSync(temporary, JSON.stringify(turn));
    renameSync(temporary, path);
  }
}

/**
 * @param {string} folder
 * @param {number} number
 */
function turnPath(folder, number) {
  return join(folder, `turn.${number}`);
}

/** @param {string} folder */
function turnNumbers(folder) {
  return readdirSync(folder)
    .map((name) => /^turn\.(\d+)$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number);
}

/**
 * @param {string} folder
 * @returns {{ number: number, turn: Turn } | undefined}
 */
function latestTurn(folder) {
  const number = Math.max(...turnNumbers(folder), 0);
  if (number === 0) return undefined;
  try {
    /** @type {unknown} */
    const turn = JSON.parse(readFileSync(turnPath(folder, number), 'utf8'));
    return { number, turn: /** @type {Turn} */ (turn) };
  } catch (error) {
    // A newer turn has deleted this one since then, or the disk was full and the file is empty: the lock is free either way.
    if (error instanceof SyntaxError) return { number, turn: {} };
    return latestTurn(folder);
  }
}

/**
 * Creates the turn, whole, unless its number is taken.
 * @param {string} folder
 * @param {number} number
 * @param {Turn} turn
 */
function createTurn(folder, number, turn) {
  const temporary = join(folder, `new-turn.${process.pid}`);
  writeFileSync(temporary, JSON.stringify(turn));
  try {
    linkSync(temporary, turnPath(folder, number));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
