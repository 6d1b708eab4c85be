import { calibrate, exampleMeasurement, readCalibration, readMeasurement } from '@fairlead/sizing';
import { describe, expect, it } from 'vitest';

const { saturation, points } = exampleMeasurement;
const calibration = calibrate(exampleMeasurement, { cores: 2, saturation, points });
const result = { measurement: exampleMeasurement, calibration };

describe('readMeasurement', () => {
  it('reads a measurement, with or without the rest of the result, and without a known processor', () => {
    expect(readMeasurement(JSON.stringify(result))).toEqual(exampleMeasurement);
    const { processor: _, ...machine } = exampleMeasurement.machine;
    const other = { ...exampleMeasurement, machine };
    expect(readMeasurement(JSON.stringify(other))).toEqual(other);
  });

  it.each([
    ['no JSON', 'the file is not JSON'],
    ['{"measurement": 7}', 'measurement is 7, expected an object'],
    [{ format: 9 }, 'format is 9, expected 1'],
    [{ loadMs: -1 }, 'loadMs is -1, expected a number above 0'],
    [{ points: [{ ...points[0], p99Ms: null }] }, 'points[0].p99Ms is null'],
    [{ saturation: { ...saturation, processorMs: 0 } }, 'saturation.processorMs is 0'],
    [{ idle: [] }, 'idle is an array, expected an object'],
  ])('rejects %j', (given, message) => {
    const text =
      typeof given === 'string' ? given : JSON.stringify({ ...exampleMeasurement, ...given });
    expect(() => readMeasurement(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_SIZING_MEASUREMENT_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

describe('readCalibration', () => {
  it('reads a calibration', () => {
    expect(readCalibration(JSON.stringify(result))).toEqual(calibration);
    expect(readCalibration(JSON.stringify({ measurement: exampleMeasurement }))).toBeUndefined();
  });

  it('rejects an error that is no number', () => {
    const wrong = { ...result, calibration: { ...calibration, latencyError: 'small' } };
    expect(() => readCalibration(JSON.stringify(wrong))).toThrow(
      'calibration.latencyError is "small", expected a number from 0 on',
    );
  });
});
