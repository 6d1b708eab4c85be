import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server whose responses take a fixed number of rounds of work. */
const rounds = Number(process.argv[2]);

createServer((req, res) => {
  req.resume();
  req.on('end', () => {
    let sum = 0;
    for (let round = 0; round < rounds; round += 1) sum += Math.sqrt(round);
    res.end(JSON.stringify({ sum }));
  });
}).listen(0, '127.0.0.1', function (this: ReturnType<typeof createServer>) {
  process.send?.((this.address() as AddressInfo).port);
});
