import { expect, test } from 'vitest';
import { failureReason } from '../../src/runner/failure-reason.ts';

test.each([
  ['{"error":"tensor \\"x\\": expected FP32"}', 'tensor "x": expected FP32'],
  ['{"error_code":"BAD_REQUEST","message":"no column \\"id\\""}', 'no column "id"'],
  ['{"error":{"code":3}}', '{"error":{"code":3}}'],
  ['plain text', 'plain text'],
  ['null', 'null'],
  [JSON.stringify({ error: 'x'.repeat(3000) }), `${'x'.repeat(2000)}…`],
])('the reason of a failed job is the message of its answer: %s', (body, reason) => {
  expect(failureReason(Buffer.from(body))).toBe(reason);
});
