import { describe, expect, test } from 'vitest';
import { failureKind } from '../../src/cloudwatch/failure-kind.ts';

function sdkError(name: string, httpStatusCode?: number): Error {
  return Object.assign(new Error('requested by the test'), {
    name,
    $metadata: httpStatusCode === undefined ? {} : { httpStatusCode },
  });
}

describe('failureKind', () => {
  test.each([
    ['ThrottlingException', 400],
    ['Throttling', 400],
    ['RequestLimitExceeded', 400],
    ['LimitExceededException', 400],
    ['TooManyRequestsException', 429],
    ['UnknownError', 429],
    ['RequestTimeout', 408],
    ['InternalServiceFault', 500],
    ['Unknown', 502],
    ['ServiceUnavailable', 503],
    ['TimeoutError', undefined],
    ['Error', undefined],
  ])('repeats %s (%s)', (name, status) => {
    expect(failureKind(sdkError(name, status))).toBe('retry');
  });

  test.each([
    ['ExpiredTokenException', 400],
    ['ExpiredToken', 403],
    ['UnrecognizedClientException', 400],
    ['InvalidClientTokenId', 403],
    ['AccessDenied', 403],
    ['SignatureDoesNotMatch', 403],
    ['RequestTimeTooSkewed', 403],
    ['Unknown', 401],
    ['CredentialsProviderError', undefined],
  ])('leaves %s (%s) to the next flush', (name, status) => {
    expect(failureKind(sdkError(name, status))).toBe('later');
  });

  test.each([
    ['InvalidParameterValueException', 400],
    ['InvalidParameterCombination', 400],
    ['ValidationError', 400],
    ['RequestEntityTooLarge', 413],
    ['UnknownOperation', 404],
  ])('does not repeat %s (%s)', (name, status) => {
    expect(failureKind(sdkError(name, status))).toBe('refused');
  });

  test.each([new TypeError('fetch failed'), 'a string', undefined])(
    'repeats what no answer came with: %s',
    (error) => {
      expect(failureKind(error)).toBe('retry');
    },
  );
});
