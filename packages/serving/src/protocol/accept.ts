import { splitOutsideQuotes } from './media-type.ts';

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

const QUALITY = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * Finds the media type that a header `Accept` prefers among those that can be sent; undefined when it takes none of them.
 *
 * Of types with the same weight the one that the client lists first is chosen, for a wildcard the first that is offered.
 * Without the header, or with an empty one, that is the first one as well. Parameters other than `q` are ignored.
 *
 * Source: RFC 9110, 12.5.1.
 */
export function acceptedType(
  accept: string | undefined,
  offered: readonly string[],
): string | undefined {
  const ranges = readAccept(accept ?? '');
  if (ranges.length === 0) return offered[0];
  const accepted = offered.flatMap((type, place) => {
    const range = mostSpecific(type, ranges);
    if (range === undefined || range.quality === 0) return [];
    return { type, place, quality: range.quality, listed: ranges.indexOf(range) };
  });
  const [best] = accepted.sort(
    (a, b) => b.quality - a.quality || a.listed - b.listed || a.place - b.place,
  );
  return best?.type;
}

function mostSpecific(type: string, ranges: readonly MediaRange[]): MediaRange | undefined {
  const group = `${type.slice(0, type.indexOf('/'))}/*`;
  for (const wanted of [type, group, '*/*']) {
    const range = ranges.find((each) => each.type === wanted);
    if (range !== undefined) return range;
  }
  return undefined;
}

function readAccept(accept: string): readonly MediaRange[] {
  return splitOutsideQuotes(accept, ',').flatMap((element) => {
    const [type = '', ...parameters] = splitOutsideQuotes(element, ';').map((part) => part.trim());
    if (type === '') return [];
    const weight = parameters.find((parameter) => /^q\s*=/i.test(parameter));
    const text = weight === undefined ? '1' : weight.slice(weight.indexOf('=') + 1).trim();
    // A weight that is none isn't a reason to send nothing.
    return { type: type.toLowerCase(), quality: QUALITY.test(text) ? Number(text) : 1 };
  });
}
