import type { CostPart, CostQuantities } from './cost-parts.ts';
import { publishedPrices } from './published-prices.ts';

/** Hours of a month, as AWS counts them. */
const HOURS = 730;

/**
 * Returns the cost of a part, in US dollars a month.
 *
 * @example
 * ```ts
 * import { monthlyCost } from '@fairlead/sizing';
 *
 * const disks = { name: 'disks', when: 'always', terms: [{ price: 'disk', times: ['hosts', 20] }] } as const;
 * console.log(monthlyCost(disks, { hosts: 2 }).toFixed(2)); // 3.81
 * ```
 */
export function monthlyCost(
  { terms }: Pick<CostPart, 'terms'>,
  quantities: Partial<CostQuantities>,
): number {
  return terms.reduce((sum, { price, times, hourly = false }) => {
    const amounts = times.map((each) =>
      typeof each === 'number' ? each : (quantities[each] ?? 0),
    );
    const amount = amounts.reduce((product, each) => product * each, hourly ? HOURS : 1);
    return sum + amount * publishedPrices[price].usd;
  }, 0);
}

/**
 * Returns the formula of a part's cost: what `monthlyCost` computes.
 *
 * @example
 * ```ts
 * import { costFormula } from '@fairlead/sizing';
 *
 * console.log(costFormula({ terms: [{ price: 'nat', times: ['zones'], hourly: true }] })); // zones × 730 × 0.052
 * ```
 */
export function costFormula({ terms }: Pick<CostPart, 'terms'>): string {
  return terms
    .map(({ price, times, hourly = false }) =>
      [...times, ...(hourly ? [HOURS] : []), publishedPrices[price].usd].join(' × '),
    )
    .join(' + ');
}
