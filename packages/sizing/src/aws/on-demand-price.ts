import { SizingError } from '../sizing-error.ts';

interface Product {
  readonly terms?: {
    readonly OnDemand?: Readonly<
      Record<
        string,
        {
          readonly priceDimensions?: Readonly<
            Record<
              string,
              {
                readonly unit?: string;
                readonly pricePerUnit?: Readonly<Record<string, string>>;
              }
            >
          >;
        }
      >
    >;
  };
}

/**
 * Reads the price on demand from an entry of a price list, in US dollars an hour: JSON in a text, as GetProducts has it.
 *
 * @throws SizingError `ERR_SIZING_REFRESH_FAILED` if the entry has no such price
 */
export function onDemandPrice(entry: string): number {
  const { terms } = JSON.parse(entry) as Product;
  const [term] = Object.values(terms?.OnDemand ?? {});
  const dimensions = Object.values(term?.priceDimensions ?? {});
  const hourly = dimensions.find(({ unit }) => unit === 'Hrs');
  const price = Number(hourly?.pricePerUnit?.USD ?? NaN);
  if (price > 0) return price;
  throw new SizingError(
    'ERR_SIZING_REFRESH_FAILED',
    `An entry of the price list has no price on demand in USD an hour: ${entry.slice(0, 200)}`,
  );
}
