import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '@fairlead/test-support';
import { parsePrometheusPage } from './prometheus-samples.ts';
import { exampleBlocks, runExample } from './run-example.ts';

describe('the README', () => {
  test('has one example of at most 15 lines', async () => {
    const blocks = await exampleBlocks('README.md');
    expect(blocks).toHaveLength(1);
    expect(blocks[0]?.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  });

  test('has an example that measures and logs an Express service', async () => {
    const [example = ''] = await exampleBlocks('README.md');
    const child = runExample(example, { PORT: '0' });
    const exited = once(child, 'exit');
    onTestFinished(async () => {
      child.kill();
      await exited;
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const entries: Record<string, unknown>[] = [];
    createInterface(child.stdout).on('line', (line) => {
      entries.push(JSON.parse(line) as Record<string, unknown>);
    });
    await eventually(() => {
      expect(stderr).toBe('');
      expect(entries).toHaveLength(1);
    });
    expect(entries[0]).toMatchObject({ msg: 'ready', service: 'shop' });
    const url = `http://127.0.0.1:${String(entries[0]?.port)}`;

    const response = await fetch(`${url}/predict/digits?key=1`);
    expect(await response.json()).toEqual({ model: 'digits' });
    await eventually(() => {
      expect(entries[1]).toMatchObject({ path: '/predict/digits', status: 200 });
    });
    const page = parsePrometheusPage(await (await fetch(`${url}/metrics`)).text());
    expect(page.get('http_requests_total{method="GET",route="predict",code="200"}')).toBe(1);
    expect(page.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  });
});
