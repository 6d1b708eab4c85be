import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A Pricing API, which moto doesn't have, with one price for all types. */
export async function startPricing(usd: string): Promise<string> {
  const dimension = { unit: 'Hrs', pricePerUnit: { USD: usd } };
  const entry = { terms: { OnDemand: { term: { priceDimensions: { dimension } } } } };
  const server = createServer((req, res) => {
    req.resume();
    res.setHeader('content-type', 'application/x-amz-json-1.1');
    res.end(JSON.stringify({ FormatVersion: 'aws_v1', PriceList: [JSON.stringify(entry)] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
