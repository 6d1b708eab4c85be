import { cloudWatchLimits } from './cloudwatch-limits.ts';

/** Converts a model name to a dimension, which is printable ASCII only; an observer must not throw for a name. */
export function modelDimension(model: string): string {
  const ascii = model
    .replaceAll(/[^\x20-\x7e]/g, '_')
    .slice(0, cloudWatchLimits.dimensionValueLength);
  return ascii.trim() === '' ? '_' : ascii;
}
