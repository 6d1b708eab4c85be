import { expect, test } from 'vitest';
import { DeliverySlots, WebhookError, WebhookSender } from '../src/index.ts';

const secrets = [`whsec_${Buffer.alloc(32, 'key').toString('base64')}`];
const destinations = ['https://hooks.example'];

/** Calls a constructor as plain JavaScript does. */
function construct(type: unknown, options?: unknown): object {
  return Reflect.construct(type as new (options: unknown) => object, [options]);
}

test.each([
  [WebhookSender, { secrets, destination: destinations }, 'Did you mean `destinations`?'],
  [WebhookSender, { secrets }, 'option destinations is missing'],
  [WebhookSender, undefined, 'new WebhookSender: expected an object of options, got undefined'],
  [
    WebhookSender,
    { secrets, destinations: 'https://hooks.example' },
    'destinations must be a list of texts, got string',
  ],
  [
    WebhookSender,
    { secrets: [7], destinations },
    'secrets must be a list of texts, got a list with other values',
  ],
  [
    WebhookSender,
    { secrets, destinations, resolve: 'dns' },
    'resolve must be a function, got "dns"',
  ],
  [
    WebhookSender,
    { secrets, destinations, maxAttempts: '3' },
    'maxAttempts is 3; it must be an integer',
  ],
  [DeliverySlots, { pauseAfter: 5 }, 'pauseAfter must be a function, got 5'],
  [DeliverySlots, {}, 'option pauseAfter is missing'],
  [DeliverySlots, { pauseAfter: () => 1, clock: () => 1 }, 'unknown option "clock"'],
  [DeliverySlots, undefined, 'new DeliverySlots: expected an object of options, got undefined'],
])('%s refuses %j in plain JavaScript', (type, options, message) => {
  expect(() => construct(type, options)).toThrow(WebhookError);
  expect(() => construct(type, options)).toThrow(message);
});
