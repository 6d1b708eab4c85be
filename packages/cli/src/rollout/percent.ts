/** Formats a share in percent, with four significant digits: `0.5 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}
