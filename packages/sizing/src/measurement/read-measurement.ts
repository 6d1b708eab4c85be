import { describeValue } from '@fairlead/signature';
import { JsonFields } from '../json-fields.ts';
import type { LoadPoint, MeasuredMachine, ModelMeasurement } from './model-measurement.ts';

const json = new JsonFields(
  'ERR_SIZING_MEASUREMENT_INVALID',
  'The measurement',
  'Write it again with "fairlead size MODEL --json".',
);

/**
 * Reads a measurement from the JSON text that `fairlead size --json` printed.
 *
 * @throws SizingError `ERR_SIZING_MEASUREMENT_INVALID` naming the field, its value and what was expected
 *
 * @example
 * ```ts
 * import { exampleMeasurement, readMeasurement } from '@fairlead/sizing';
 *
 * const { model } = readMeasurement(JSON.stringify({ measurement: exampleMeasurement }));
 * console.log(model); // churn
 * ```
 */
export function readMeasurement(content: string): ModelMeasurement {
  const parsed = json.parse(content);
  const fields = json.record(parsed.measurement ?? parsed, 'measurement');
  if (fields.format !== 1) {
    throw json.invalid(`format is ${describeValue(fields.format)}, expected 1`);
  }
  const idle = json.record(fields.idle, 'idle');
  const saturation = json.record(fields.saturation, 'saturation');
  return {
    format: 1,
    model: json.text(fields.model, 'model'),
    at: json.text(fields.at, 'at'),
    machine: readMachine(fields.machine),
    rowsPerRequest: json.number(fields.rowsPerRequest, 'rowsPerRequest'),
    loadMs: json.number(fields.loadMs, 'loadMs'),
    memoryBytes: json.number(fields.memoryBytes, 'memoryBytes'),
    computeMs: json.number(fields.computeMs, 'computeMs', 0),
    idle: {
      p50Ms: json.number(idle.p50Ms, 'idle.p50Ms'),
      p99Ms: json.number(idle.p99Ms, 'idle.p99Ms'),
    },
    saturation: {
      requestsPerSecond: json.number(saturation.requestsPerSecond, 'saturation.requestsPerSecond'),
      processorMs: json.number(saturation.processorMs, 'saturation.processorMs'),
      availableCores: json.number(saturation.availableCores, 'saturation.availableCores'),
      failed: json.number(saturation.failed, 'saturation.failed', 0),
    },
    points: json.list(fields.points, 'points').map(readPoint),
  };
}

function readMachine(value: unknown): MeasuredMachine {
  const fields = json.record(value, 'machine');
  return {
    ...(fields.processor !== undefined && {
      processor: json.text(fields.processor, 'machine.processor'),
    }),
    model: json.text(fields.model, 'machine.model'),
    cores: json.number(fields.cores, 'machine.cores'),
    disturbance: json.number(fields.disturbance, 'machine.disturbance', 0),
  };
}

function readPoint(value: unknown, index: number): LoadPoint {
  const name = `points[${index}]`;
  const fields = json.record(value, name);
  const number = (field: keyof LoadPoint, min?: number): number =>
    json.number(fields[field], `${name}.${field}`, min);
  return {
    offeredPerSecond: number('offeredPerSecond'),
    utilization: number('utilization', 0),
    availableCores: number('availableCores'),
    p50Ms: number('p50Ms'),
    p99Ms: number('p99Ms'),
    processorMs: number('processorMs', 0),
    requests: number('requests'),
    failed: number('failed', 0),
  };
}
