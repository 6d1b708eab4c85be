import { expect, test } from 'vitest';
import { DeliverySlots } from '@fairlead/webhooks';

test('a destination without responses pauses, then a single delivery finds out whether it responds again', () => {
  const pauses: number[] = [];
  let now = 0;
  const slots = new DeliverySlots({
    pauseAfter: (failures) => {
      pauses.push(failures);
      return 50;
    },
    now: () => now,
  });
  const delivery = { owner: 'ann', webhookUrl: 'https://a.example/1' };
  const other = { ...delivery, owner: 'bob' };
  const taken = Array.from({ length: 4 }, () => slots.take(delivery));
  expect([slots.accepts(delivery), slots.accepts(other)]).toEqual([false, true]);
  let freed = 0;
  const removeListener = slots.onFreed(() => (freed += 1));
  for (const free of taken) free(true);
  expect(freed).toBe(4);
  expect(pauses).toEqual([1, 2, 3, 4]);
  now = 49;
  expect([slots.accepts(delivery), slots.accepts(other)]).toEqual([false, true]);
  now = 50;
  expect(slots.accepts(delivery)).toBe(true);
  const trial = slots.take(delivery);
  expect(slots.accepts(delivery)).toBe(false);
  removeListener();
  trial(false);
  expect(freed).toBe(4);
  for (let index = 0; index < 4; index++) {
    expect(slots.accepts(delivery)).toBe(true);
    slots.take(delivery);
  }
  expect(slots.accepts(delivery)).toBe(false);
});

test('one origin has 16 slots, one owner 16, and all destinations together 64', () => {
  const slots = new DeliverySlots({ pauseAfter: () => 0 });
  const to = (owner: string, host: string) => ({ owner, webhookUrl: `https://${host}.example/` });
  const takeAll = (deliveries: readonly ReturnType<typeof to>[]) =>
    deliveries.filter((each) => {
      const isAccepted = slots.accepts(each);
      if (isAccepted) slots.take(each);
      return isAccepted;
    }).length;
  const numbers = Array.from({ length: 20 }, (_, index) => String(index));
  expect(takeAll(numbers.map((each) => to(`owner-${each}`, 'same')))).toBe(16);
  expect(takeAll(numbers.map((each) => to('same', `host-${each}`)))).toBe(16);
  const others = [...numbers, ...numbers.map((each) => `more-${each}`)];
  expect(takeAll(others.map((each) => to(each, each)))).toBe(32);
});
