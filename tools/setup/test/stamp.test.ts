import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { hasStamp, removeStamp, stampKey, writeStamp } from '../src/stamp.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-stamp-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('stampKey', () => {
  it('changes with each text and with the content of each file', () => {
    const file = join(folder, 'lock');
    const keys = [stampKey(['a', 'b'], [file]), stampKey(['ab'], [file])];
    writeFileSync(file, 'one');
    keys.push(stampKey(['a', 'b'], [file]));
    writeFileSync(file, 'two');
    keys.push(stampKey(['a', 'b'], [file]));
    expect(new Set(keys).size).toBe(keys.length);
    expect(stampKey(['a', 'b'], [file])).toBe(keys.at(-1));
  });

  it('depends on where one file ends and the next begins', () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    writeFileSync(first, 'ab');
    writeFileSync(second, 'c');
    const key = stampKey([], [first, second]);
    writeFileSync(first, 'a');
    writeFileSync(second, 'bc');
    expect(stampKey([], [first, second])).not.toBe(key);
  });
});

describe('a stamp', () => {
  it('vouches for its key only, until it is removed', () => {
    const path = join(folder, 'stamp');
    expect(hasStamp(path, 'key')).toBe(false);
    writeStamp(path, 'key');
    expect(hasStamp(path, 'key')).toBe(true);
    expect(hasStamp(path, 'other')).toBe(false);
    removeStamp(path);
    removeStamp(path);
    expect(hasStamp(path, 'key')).toBe(false);
  });

  it('is not there when its folder is not', () => {
    expect(hasStamp(join(folder, 'missing', 'stamp'), 'key')).toBe(false);
  });
});
