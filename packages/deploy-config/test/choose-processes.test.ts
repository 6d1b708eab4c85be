import { describe, expect, it } from 'vitest';
import { chooseProcesses } from '../src/choose-processes.ts';

const GIB = 1024 ** 3;

function choose(cores: number, computeMs: number | undefined, memoryGib = 64) {
  const memoryBytes = memoryGib * GIB;
  return chooseProcesses({ cores, memoryBytes, processBytes: GIB, computeMs });
}

describe('chooseProcesses', () => {
  it.each([
    [2, 0.1, 2],
    [2, 0.3, 2],
    [2, 1, 1],
    [4, 0.2, 3],
    [16, 0.2, 11],
    [16, 1, 5],
    [16, 4.9, 2],
    [16, 5, 1],
    [96, 20, 1],
    [1, 0.01, 1],
    [2000, 0.01, 256],
  ])('%d cores and %d ms a row: %d', (cores, computeMs, processes) => {
    expect(choose(cores, computeMs, 4096).processes).toBe(processes);
  });

  it('never chooses more than fit into the memory, with that of the process that starts them', () => {
    expect(choose(8, 0.1, 4)).toEqual({
      processes: 3,
      reason:
        'a row computes for 0.1 ms, so that 8 cores need 7 event loops, but the memory is enough for 3',
    });
    expect(choose(8, 0.1, 4.2).processes).toBe(4);
    expect(choose(8, 0.1, 0.5).processes).toBe(1);
  });

  it('gives the reason', () => {
    expect(choose(8, undefined)).toEqual({
      processes: 1,
      reason: 'the compute time of a row, gateway.computeMs, is not set',
    });
    expect(choose(8, 9).reason).toContain('worker threads of one process use the cores');
    expect(choose(2, 1).reason).toContain('one event loop is enough for 2 cores');
    expect(choose(8, 0.2).reason).toBe(
      'a row computes for 0.2 ms, so that 8 cores need 6 event loops',
    );
  });
});
