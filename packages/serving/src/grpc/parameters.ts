import type { JsonObject } from '../protocol/json-body.ts';
import type { InferParameter, InferParameters } from './wire/messages.ts';

/** Parameters as the REST protocol has them; an integer that a number can't hold stays text. */
export function plainParameters(parameters: InferParameters): JsonObject {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [name, plain(parameter)]),
  );
}

function plain(parameter: InferParameter): unknown {
  const { boolParam, stringParam, doubleParam, int64Param, uint64Param } = parameter;
  const integer = int64Param ?? uint64Param;
  if (integer === undefined) return boolParam ?? stringParam ?? doubleParam;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
