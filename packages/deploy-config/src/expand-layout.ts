import { folderLayout, hostLayout } from './layout.ts';

/**
 * Replaces `'host'` and `{ folder }`, which JSON can hold, by the layout that they stand for. Everything else, wrong values too,
 * stays as it is for the schema.
 */
export function expandLayout(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('layout' in input)) return input;
  const { layout } = input;
  if (layout === 'host') {
    const name = 'name' in input ? input.name : undefined;
    return {
      ...input,
      layout: hostLayout(typeof name === 'string' && name !== '' ? name : undefined),
    };
  }
  if (typeof layout !== 'object' || layout === null || !('folder' in layout)) return input;
  const { folder, ...changes } = layout;
  if (typeof folder !== 'string' || folder === '') return input;
  return { ...input, layout: { ...folderLayout(folder), ...changes } };
}
