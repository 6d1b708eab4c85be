import { expect, it } from 'vitest';

import { absoluteLinks } from '../src/absolute-links.ts';

const absolute = (markdown: string): string =>
  absoluteLinks(markdown, 'packages/x', 'https://git.example/a', 'v1.0.0');

it.each([
  ['[a](../../docs/a.md#b)', '[a](https://git.example/a/blob/v1.0.0/docs/a.md#b)'],
  ['[`a`](docs/a.md)', '[`a`](https://git.example/a/blob/v1.0.0/packages/x/docs/a.md)'],
  ['![a](a.png)', '![a](https://git.example/a/raw/v1.0.0/packages/x/a.png)'],
])('makes %s absolute', (markdown, expected) => {
  expect(absolute(markdown)).toBe(expected);
});

it.each([
  '[a](https://x.example/y)',
  '[a](mailto:a@x.example)',
  '[a](#below)',
  '`[a](b.md)`',
  '```md\n[a](b.md)\n```',
])('leaves %j as it is', (markdown) => {
  expect(absolute(markdown)).toBe(markdown);
});
