import type { LoadOrder } from './load-order.ts';
import { sendLoad } from './send-load.ts';

// The load generator is a separate process, so that it can be pinned to other cores than the gateway.
process.on('message', (order: LoadOrder) => {
  void sendLoad(order).then((result) => process.send?.(result));
});
process.on('disconnect', () => {
  process.exit();
});
