import { expect, test } from 'vitest';
import { decodeText } from '../src/index.ts';

const TEXT = '{"name":"Zoë 🦊"}';

test('UTF-8 and UTF-16 are decoded without their byte order mark', () => {
  const little = Buffer.from(`\uFEFF${TEXT}`, 'utf16le');
  expect(decodeText(Buffer.from(TEXT))).toBe(TEXT);
  expect(decodeText(Buffer.from(`\uFEFF${TEXT}`))).toBe(TEXT);
  expect(decodeText(little)).toBe(TEXT);
  expect(decodeText(Buffer.from(little).swap16())).toBe(TEXT);
});

test('only the first byte order mark is removed, and an empty file is an empty text', () => {
  expect(decodeText(Buffer.from('\uFEFF\uFEFFa\uFEFF'))).toBe('\uFEFFa\uFEFF');
  expect(decodeText(new Uint8Array())).toBe('');
});
