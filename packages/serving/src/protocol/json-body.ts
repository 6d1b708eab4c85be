import { isUtf8 } from 'node:buffer';
import { decodeJson } from '@fairlead/signature';
import { ServingError } from '../errors/serving-error.ts';
import { MAX_INLINE_BYTES } from '../codec/codec.ts';
import { checkJsonBudget } from './json-budget.ts';
import { nestsDeeperThan } from './json-depth.ts';

const MAX_DEPTH = 100;

/** A JSON object, of which nothing else is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses a body that must be a JSON object, and decodes it; integers beyond ±2^53 keep their digits.
 *
 * `example` is part of the error message for any other body.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` for what isn't JSON, isn't UTF-8, or nests deeper than 100,
 * `ERR_SERVING_BODY_TOO_LARGE` for more keys, lists, objects, strings or values than the budget of one body;
 * SignatureError `ERR_SIGNATURE_KEY_REPEATED` when an object names a key twice.
 */
export function decodeJsonBody<T>(
  body: Buffer,
  example: string,
  decode: (json: JsonObject) => T,
): T {
  if (body.length === 0) throw badRequest(`the body is empty; expected ${example}`);
  if (!isUtf8(body)) throw badRequest('the body is not UTF-8');
  if (body.length > MAX_INLINE_BYTES) checkJsonBudget(body, MAX_DEPTH);
  else if (nestsDeeperThan(MAX_DEPTH, body)) {
    throw badRequest(`the JSON nests deeper than ${MAX_DEPTH}`);
  }
  return decodeJsonText(body.toString(), example, decode);
}

/** Parses a text as {@link decodeJsonBody} does, for texts that are known to nest no deeper than that allows. */
export function decodeJsonText<T>(
  text: string,
  example: string,
  decode: (json: JsonObject) => T,
): T {
  try {
    return decodeJson(text, (json) => {
      if (!isJsonObject(json)) throw badRequest(`the body must be a JSON object: ${example}`);
      return decode(json);
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Python's json module writes what JSON doesn't have.
    const isNaN = /token '?[NI]|No number after minus sign/.test(error.message);
    const hint = isNaN ? '; write null in place of NaN, "Infinity" in place of Infinity' : '';
    throw badRequest(`the body is not JSON: ${error.message}${hint}`, error);
  }
}

/** Returns whether a JSON value is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error for a request that the caller has to mend. */
export function badRequest(message: string, cause?: unknown): ServingError {
  return new ServingError('ERR_SERVING_BAD_REQUEST', message, { cause });
}
