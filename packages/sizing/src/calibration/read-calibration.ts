import { JsonFields } from '../json-fields.ts';
import type { Calibration } from './calibrate.ts';

const json = new JsonFields(
  'ERR_SIZING_MEASUREMENT_INVALID',
  'The calibration',
  'Write it again with "fairlead size MODEL --calibrate --json".',
);

/**
 * Reads the calibration from the JSON text that `fairlead size --json` printed; undefined if that run had none.
 *
 * @throws SizingError `ERR_SIZING_MEASUREMENT_INVALID` naming the field, its value and what was expected
 *
 * @example
 * ```ts
 * import { readCalibration } from '@fairlead/sizing';
 *
 * console.log(readCalibration('{"measurement": {}}')); // undefined
 * ```
 */
export function readCalibration(content: string): Calibration | undefined {
  const { calibration } = json.parse(content);
  if (calibration === undefined) return undefined;
  const fields = json.record(calibration, 'calibration');
  const number = (field: keyof Calibration): number =>
    json.number(fields[field], `calibration.${field}`, 0);
  return {
    cores: number('cores'),
    rows: json.list(fields.rows, 'calibration.rows').map((value, index) => {
      const name = `calibration.rows[${index}]`;
      const row = json.record(value, name);
      const unit = json.text(row.unit, `${name}.unit`);
      return {
        what: json.text(row.what, `${name}.what`),
        unit: unit === 'ms' ? unit : 'requests/s',
        predicted: json.number(row.predicted, `${name}.predicted`),
        measured: json.number(row.measured, `${name}.measured`),
        error: json.number(row.error, `${name}.error`, -1),
      };
    }),
    throughputError: number('throughputError'),
    ...(fields.latencyError !== undefined && { latencyError: number('latencyError') }),
    multicoreOverhead: number('multicoreOverhead'),
  };
}
