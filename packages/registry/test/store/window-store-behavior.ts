import { verifyRegistry, collectGarbage } from '@fairlead/registry/maintenance';
import { ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { emptyWindow, mergeWindows, openWindowStore } from '@fairlead/windows';
import { describe, expect, test } from 'vitest';
import { digits } from '../support/sample-registry.ts';

const label = { model: 'digits', version: '1' };
const day = Date.UTC(2026, 10, 28);
const slotMs = 300_000;
const span = { from: day, to: day + 86_400_000, unit: 'day' } as const;

/** Tests that windows are stored and merged in a store. */
export function describeWindowStore(name: string, newStore: () => ObjectStore): void {
  describe(`windows in a ${name}`, () => {
    test('12 hosts write at once, and every window counts once, before and after the roll-up', async () => {
      const objects = newStore();
      const hosts = await Promise.all(
        Array.from({ length: 12 }, () =>
          openWindowStore({ objects, now: () => day + 2 * 86_400_000 }),
        ),
      );
      const windows = hosts.flatMap((host, index) =>
        [0, 1].map((slot) => {
          const from = day + (slot + index * 12) * slotMs;
          return {
            host,
            window: { ...emptyWindow(label, from, from + slotMs), requests: 1 + index },
          };
        }),
      );
      await Promise.all(windows.map(({ host, window }) => host.add(window)));
      const expected = [mergeWindows(windows.map(({ window }) => window))];
      const [first, second] = hosts;
      expect(await first?.versions()).toEqual([label]);
      const read = await Promise.all(hosts.slice(0, 2).map((host) => host.read(label, span)));
      expect(read).toEqual([expected, expected]);
      const entries = await objects.list('windows/digits/1/2026-11-28');
      expect(entries).toContainEqual({ name: 'rollup-0001.json', kind: 'object' });
      expect(await first?.read(label, span)).toEqual(expected);
      const late = { ...emptyWindow(label, day, day + slotMs), requests: 100 };
      await first?.add(late);
      expect(await second?.read(label, span)).toEqual([mergeWindows([...expected, late])]);
    });

    test('windows beside models neither disturb a registry nor are removed as garbage', async () => {
      const objects = newStore();
      const registry = new ModelRegistry({ store: objects });
      await registry.push(digits());
      const store = await openWindowStore({ objects });
      const window = { ...emptyWindow(label, day, day + slotMs), requests: 3 };
      await store.add(window);
      expect(await verifyRegistry(objects)).toMatchObject({ ok: true });
      await collectGarbage(objects, { graceMs: 0 });
      expect(await store.read(label, span)).toEqual([window]);
      expect(await registry.listModels()).toHaveLength(1);
    });
  });
}
