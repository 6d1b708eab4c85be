import { expect, test } from 'vitest';
import { grafanaDashboard, prometheusRules } from '../../src/dashboards/index.ts';

test('limits change the expressions', () => {
  const { groups } = prometheusRules({ job: 'shop', latencySeconds: 0.25 });
  const rules = new Map(groups.flatMap((group) => group.rules).map((rule) => [rule.alert, rule]));
  expect(rules.get('FairleadDown')?.expr).toBe('up{job="shop"} == 0');
  expect(rules.get('FairleadLatency')?.expr).toMatch(/ > 0\.25$/);
});

test('invalid options are refused with their name and value', () => {
  expect(() => prometheusRules({ job: 'a"b' })).toThrow(/job: expected a name .* got "a\\"b"/);
  expect(() => prometheusRules({ queuedJobs: Infinity })).toThrow(
    /queuedJobs: expected a number above 0, got Infinity/,
  );
  expect(() => prometheusRules({ latencyMs: 5 } as object)).toThrow(/unknown option "latencyMs"/);
  expect(() => grafanaDashboard({ uid: 'a b' })).toThrow(/uid: expected 1 to 40 letters/);
  expect(() => grafanaDashboard({ title: ' ' })).toThrow(/title: expected a text, got " "/);
});

test('panels of Grafana fill the grid without overlapping, each with a different number', () => {
  const { panels } = grafanaDashboard();
  const taken = new Set<string>();
  for (const { x, y, w, h } of panels.map(({ gridPos }) => gridPos)) {
    expect(x + w).toBeLessThanOrEqual(24);
    for (let column = x; column < x + w; column += 1) {
      for (let row = y; row < y + h; row += 1) {
        expect(taken).not.toContain(`${column},${row}`);
        taken.add(`${column},${row}`);
      }
    }
  }
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});
