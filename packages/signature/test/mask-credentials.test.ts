import { expect, test } from 'vitest';
import { maskCredentials } from '../src/index.ts';

test.each([
  ['http://ada:secret@host:80/x', 'http://***@host:80/x'],
  ['"redis://:secret@127.0.0.1:6379" must be', '"redis://***@127.0.0.1:6379" must be'],
  ['s3://KEY:sec/ret+a=@bucket/x', 's3://***@bucket/x'],
  ['https://a.example,https://ada:sec@ret@b.example', 'https://***@b.example'],
  ['https://ada:secret,1@b.example', 'https://***@b.example'],
  ['"KEY:secret@bucket" can\'t be', '"***@bucket" can\'t be'],
  ['ada:sec:ret@127.0.0.1:80', '***@127.0.0.1:80'],
  ['in the folder /srv/KEY:secret@bucket/x (ENOENT)', 'in the folder /srv/***@bucket/x (ENOENT)'],
  [
    'https://sqs.x.amazonaws.com/1/jobs?X-Amz-Signature=secret',
    'https://sqs.x.amazonaws.com/1/jobs?***',
  ],
  ['is "whsec_c2VjcmV0c2VjcmV0"', 'is "whsec_***"'],
  ['fl_0123456789ab_secret-secret_secret no', 'fl_0123456789ab_*** no'],
  [
    '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----*** PRIVATE KEY-----',
  ],
])('%j becomes %j', (text, masked) => {
  expect(maskCredentials(text)).toBe(masked);
  expect(masked).not.toContain('secret');
});

test.each([
  '"127.0.0.1:65536" must be host:port, unix:/path or fd:number',
  'there is no model "digits" in s3://models/prod: it has wine; push a version of it first',
  'http://127.0.0.1:8080/v2/models/digits answered 404',
  'ada set it to version 1 at 2030-01-31T00:00:00.000Z ("new data"), as entry 1',
  'entry 3 of "digits@champion": it was copied there',
  'what is it? see docs/settings.md',
])('%j stays', (text) => {
  expect(maskCredentials(text)).toBe(text);
});
