import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type CaptureRecorder, type CaptureRecorderOptions, openCapture } from '@fairlead/capture';
import { readTree, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { inference, label, sentinelForms, signature } from '../support/churn.ts';
import { memorySink, spooledBytes } from '../support/memory-sink.ts';

function setUp() {
  const spoolFolder = temporaryFolder({ inMemory: true });
  const memory = memorySink();
  const errors: string[] = [];
  const open = async (options: Partial<CaptureRecorderOptions> = {}): Promise<CaptureRecorder> => {
    const recorder = await openCapture({
      spoolFolder,
      sink: memory.sink,
      signatureOf: () => signature,
      share: 1,
      closeTimeoutMs: 300_000,
      onError: (error) => errors.push(String(error)),
      ...options,
    });
    onTestFinished(() => recorder.close());
    return recorder;
  };
  return { spoolFolder, ...memory, errors, open };
}

test('a request is captured with its rows, and without sensitive features and tensors', async () => {
  const { requests, files, spoolFolder, open } = setUp();
  const recorder = await open({ share: 1 });
  recorder.record(
    inference('a', { rows: 2, at: 7, label: { ...label, variant: 'b' }, routingKey: 'user 1' }),
  );
  await recorder.flush();
  expect(requests()).toEqual([
    {
      ...{ requestId: 'a', at: 7, durationMs: 2.5, rows: 2, weight: 1, variant: 'b' },
      tensors: [
        { shape: [2, 2], data: [30, 0, 31, 0.5] },
        { shape: [2], data: ['Łódź 0', 'Łódź 1'] },
        { shape: [2, 2], data: [0.25, 0.75, 0.25, 0.75] },
      ],
    },
  ]);
  const [first] = files[0]?.text.split('\n') ?? [];
  expect(first).toContain('"name":"input_age"');
  const stored = spooledBytes(files[0]?.text ?? '');
  expect(stored.includes('Łódź 1')).toBe(true);
  expect([...sentinelForms, 'user 1'].filter((form) => stored.includes(form))).toEqual([]);
  await recorder.close();
  expect(readdirSync(spoolFolder)).toEqual([]);
});

test('no file on the way has a sensitive value while the store is away', async () => {
  const { spoolFolder, state, open } = setUp();
  state.away = 'fails';
  const recorder = await open({ maxRows: 5 });
  for (let count = 0; count < 12; count += 1) recorder.record(inference(`r${count}`));
  await recorder.flush();
  const stored = Buffer.concat(
    Object.values(readTree(spoolFolder)).map((content) => spooledBytes(content)),
  );
  expect(stored.includes('r11')).toBe(true);
  expect(stored.includes(Buffer.from(Float64Array.of(30).buffer))).toBe(true);
  expect(sentinelForms.filter((form) => stored.includes(form))).toEqual([]);
});

test('the request id decides about the sample, the same in every process, and the weight is stored', async () => {
  const captured: string[][] = [];
  for (let process = 0; process < 2; process += 1) {
    const { requests, open } = setUp();
    const recorder = await open({ share: 0.1 });
    for (let count = 0; count < 6000; count += 1) recorder.record(inference(`id-${count}`));
    const { seen, notSampled, captured: taken, waitingBytes } = recorder.counts;
    expect(waitingBytes).toBeGreaterThan(0);
    await recorder.flush();
    expect(seen).toBe(6000);
    expect(notSampled + taken).toBe(6000);
    expect(recorder.counts.waitingBytes).toBe(0);
    expect(requests().every(({ weight }) => weight === 10)).toBe(true);
    captured.push(requests().map(({ requestId }) => requestId));
  }
  expect(captured[0]).toEqual(captured[1]);
  // Five standard deviations.
  expect(Math.abs((captured[0]?.length ?? 0) - 600)).toBeLessThan(5 * Math.sqrt(540));
});

test('with a secret, request ids alone do not decide about the sample, and hosts with the same secret decide the same', async () => {
  const capturedWith = async (samplingSecret?: string): Promise<ReadonlySet<string>> => {
    const { requests, open } = setUp();
    const recorder = await open({ share: 0.1, samplingSecret });
    for (let count = 0; count < 2000; count += 1) recorder.record(inference(`id-${count}`));
    await recorder.flush();
    return new Set(requests().map(({ requestId }) => requestId));
  };
  const without = await capturedWith();
  const one = await capturedWith('one');
  expect(await capturedWith('one')).toEqual(one);
  // Of the 200 ids that an observer of the algorithm would choose, a tenth is captured.
  const chosen = [...one].filter((id) => without.has(id));
  expect(chosen.length).toBeLessThan(60);
  expect(Math.abs(one.size - 200)).toBeLessThan(5 * Math.sqrt(180));
});

test('a request without an id gets one; shadows, fallbacks and routing keys are stored if requested', async () => {
  const { requests, open } = setUp();
  const recorder = await open({ keepRoutingKeys: true });
  recorder.record(
    inference(undefined, {
      routingKey: 'user 1',
      shadowOf: { model: 'churn', version: '2' },
      fallback: { model: 'premium' },
    }),
  );
  await recorder.flush();
  expect(requests()[0]).toMatchObject({
    ...{ routingKey: 'user 1', shadowOf: 'churn/2', fallbackFrom: 'premium' },
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
  });
});

test('a routing key that is the request id is not stored twice', async () => {
  const { requests, open } = setUp();
  const recorder = await open({ keepRoutingKeys: true });
  for (const id of ['a', 'b']) recorder.record(inference(id, { routingKey: 'a' }));
  await recorder.flush();
  expect(requests().map(({ requestId, routingKey }) => [requestId, routingKey])).toEqual([
    ['a', undefined],
    ['b', 'a'],
  ]);
});

test('a file is complete after its rows, its bytes or its age', async () => {
  const { files, open } = setUp();
  const byRows = await open({ maxRows: 10 });
  for (let count = 0; count < 4; count += 1) byRows.record(inference(`r${count}`, { rows: 5 }));
  await until(() => files.length === 2);
  await byRows.close();
  const byBytes = await open({ maxFileBytes: 1000 });
  for (let count = 0; count < 20; count += 1) byBytes.record(inference(`b${count}`));
  await until(() => files.length > 5);
  await byBytes.close();
  const before = files.length;
  const byAge = await open({ maxAgeMs: 5 });
  byAge.record(inference('old'));
  await until(() => files.length > before);
  expect(files.at(-1)?.text).toContain('"old"');
});

test('requests that are too large, of unknown versions, or that memory and disk have no space for are counted', async () => {
  const { state, open, requests } = setUp();
  state.away = 'fails';
  const recorder = await open({
    maxRequestBytes: 1000,
    maxBufferBytes: 4000,
    maxSpoolBytes: 10_000,
    signatureOf: ({ version }) => (version === '3' ? signature : undefined),
  });
  recorder.record(inference('large', { rows: 1000 }));
  recorder.record(inference('unknown', { label: { model: 'churn', version: '4' } }));
  for (let count = 0; count < 200; count += 1) recorder.record(inference(`burst ${count}`));
  const burst = recorder.counts;
  expect(burst.lost).toMatchObject({ 'too-large': 1, 'no-signature': 1 });
  expect(burst.captured).toBeGreaterThan(5);
  expect(burst.lost['buffer-full']).toBe(200 - burst.captured);
  for (let count = 0; count < 200; count += 1) {
    recorder.record(inference(`later ${count}`));
    if (count % 10 === 0) await recorder.flush();
  }
  expect(recorder.counts.lost['spool-full']).toBeGreaterThan(50);
  state.away = false;
  await recorder.flush();
  await recorder.close();
  recorder.record(inference('closed'));
  const { seen, notSampled, captured, lost } = recorder.counts;
  expect(lost.closed).toBe(1);
  expect(seen).toBe(403);
  expect(notSampled + captured + Object.values(lost).reduce((sum, each) => sum + each)).toBe(seen);
  expect(requests()).toHaveLength(captured);
});

test('a file that cannot be written loses exactly the requests that no file has', async () => {
  const { spoolFolder, requests, errors, open } = setUp();
  const recorder = await open({ maxRows: 3 });
  const [folder = ''] = readdirSync(spoolFolder);
  recorder.record(inference('a'));
  await recorder.flush();
  const path = join(spoolFolder, folder);
  // Also root can't write below a file.
  rmSync(path, { recursive: true });
  writeFileSync(path, '');
  for (let count = 0; count < 7; count += 1) recorder.record(inference(`lost ${count}`));
  await recorder.flush();
  rmSync(path);
  mkdirSync(path);
  recorder.record(inference('b'));
  await recorder.flush();
  expect(requests().map(({ requestId }) => requestId)).toEqual(['a', 'b']);
  expect(recorder.counts).toMatchObject({ seen: 9, captured: 2, lost: { 'write-failed': 7 } });
  expect(errors.join()).toContain('ENOTDIR');
});

test('tensors that do not fit to the signature are left out, and counted', async () => {
  const { requests, open } = setUp();
  const recorder = await open();
  const [x, note] = inference('a').inputs;
  const scores = { name: 'scores', datatype: 'FP64', shape: [1, 2], data: Float64Array.of(1, 2) };
  recorder.record({
    ...inference('a'),
    inputs: [x, note].flatMap((tensor) => tensor ?? []),
    outputs: [
      scores as never,
      { name: 'extra', datatype: 'BOOL', shape: [1], data: Uint8Array.of(1) },
    ],
  });
  recorder.record({ ...inference('b'), inputs: undefined as never });
  await recorder.flush();
  expect(requests().map(({ tensors }) => tensors)).toEqual([
    [{ shape: [1, 2], data: [30, 0] }, null, null],
  ]);
  expect(recorder.counts).toMatchObject({ captured: 1, incomplete: 1, lost: { invalid: 1 } });
});

test('files wait while the sink fails, and the next recorder stores them', async () => {
  const { spoolFolder, state, requests, errors, open } = setUp();
  state.away = 'fails';
  const recorder = await open();
  recorder.record(inference('a'));
  await recorder.close();
  expect(errors).toContain('Error: the store is away');
  expect(readdirSync(spoolFolder)).toHaveLength(1);
  state.away = false;
  const next = await open();
  await next.close();
  expect(requests().map(({ requestId }) => requestId)).toEqual(['a']);
  expect(readdirSync(spoolFolder)).toEqual([]);
});

test('a sink that hangs delays closing by closeTimeoutMs at most', async () => {
  const { state, open } = setUp();
  state.away = 'hangs';
  const recorder = await open({ closeTimeoutMs: 5 });
  recorder.record(inference('a'));
  await recorder.close();
  expect(recorder.counts.captured).toBe(1);
});

test('a sink that answers after the recorder was closed leaves the rest to the next recorder of the process', async () => {
  const { open, requests, spoolFolder } = setUp();
  let fail: (error: Error) => void = () => undefined;
  const away = new Promise<void>((_resolve, reject) => (fail = reject));
  const recorder = await open({ closeTimeoutMs: 5, sink: { add: () => away } });
  recorder.record(inference('a'));
  await recorder.close();
  fail(new Error('aborted'));
  await until(() => readdirSync(spoolFolder).every((name) => name.startsWith('0-0-')));
  const next = await open();
  await next.close();
  expect(requests().map(({ requestId }) => requestId)).toEqual(['a']);
  expect(readdirSync(spoolFolder)).toEqual([]);
});

test('closing waits for files that were completed while an earlier one was being stored', async () => {
  const { spoolFolder, sink, requests, open } = setUp();
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let calls = 0;
  const slow = await open({
    maxRows: 1,
    sink: {
      async add(file) {
        calls += 1;
        await sink.add(file);
        await gate;
      },
    },
  });
  slow.record(inference('a'));
  await until(() => calls === 1);
  slow.record(inference('b'));
  const closed = slow.close();
  setTimeout(release, 20);
  await closed;
  expect(requests().map(({ requestId }) => requestId)).toEqual(['a', 'b']);
  expect(readdirSync(spoolFolder)).toEqual([]);
});

test('files of a running process and foreign folders are not changed', async () => {
  const { spoolFolder, state, requests, open } = setUp();
  state.away = 'fails';
  const first = await open();
  first.record(inference('of the first'));
  await first.flush();
  mkdirSync(join(spoolFolder, 'foreign'));
  writeFileSync(join(spoolFolder, 'foreign', 'x.jsonl'), 'x');
  state.away = false;
  const second = await open();
  await second.flush();
  expect(requests()).toEqual([]);
  await first.flush();
  expect(requests()).toHaveLength(1);
  expect(readdirSync(join(spoolFolder, 'foreign'))).toEqual(['x.jsonl']);
});

test('what a killed process wrote is taken over, once, also by several at once', async () => {
  const { spoolFolder, requests, errors, open } = setUp();
  const script = fileURLToPath(new URL('../support/processes/capture.ts', import.meta.url));
  const confirmed: string[] = [];
  for (const name of ['first', 'second', 'third']) {
    const args = ['--conditions=@fairlead/source', script, spoolFolder, name];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await until(() => output.length > 0);
    await sleep(Math.random() * 30);
    child.kill('SIGKILL');
    await once(child, 'close');
    const count = Number(output.trim().split('\n').at(-1));
    for (let index = 1; index <= count; index += 1) confirmed.push(`${name}-${index}`);
  }
  const recorders = await Promise.all([open(), open(), open()]);
  await Promise.all(recorders.map((recorder) => recorder.flush()));
  await Promise.all(recorders.map((recorder) => recorder.close()));
  const ids = requests().map(({ requestId }) => requestId);
  expect(confirmed.length).toBeGreaterThanOrEqual(360);
  expect(new Set(ids).size).toBe(ids.length);
  expect(confirmed.filter((id) => !ids.includes(id))).toEqual([]);
  expect(readdirSync(spoolFolder)).toEqual([]);
  expect(errors).toEqual([]);
});

test.each([
  [{ share: 0 }, 'share must be above 0 and at most 1, got 0'],
  [{ share: NaN }, 'share must be above 0'],
  [{ samplingSecret: '' }, 'samplingSecret must be a text that is not empty'],
  [{ maxRows: 0 }, 'maxRows must be an integer from 1'],
  [{ spoolFolder: '' }, 'spoolFolder must be the path of a folder'],
  [{ sink: {} }, 'sink must have a method add'],
  [{ signatureOf: 3 }, 'signatureOf must be a function, got number'],
  [{ shares: 1 }, 'Did you mean `share`?'],
])('rejects the options %o', async (options, message) => {
  const valid = { spoolFolder: temporaryFolder(), sink: memorySink().sink };
  const all = { ...valid, signatureOf: () => signature, ...options };
  await expect(openCapture(all as never)).rejects.toMatchObject({
    code: 'ERR_CAPTURE_INVALID_OPTION',
    message: expect.stringContaining(message) as unknown,
  });
});

test('the inputs of a request are read if its id is in the share', async () => {
  const { requests, open } = setUp();
  const recorder = await open({ share: 0.3 });
  const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
  for (const id of ids) recorder.record(inference(id));
  await recorder.flush();
  const read = ids.filter((id) => recorder.readsInputs(label, id));
  expect(read).toEqual(requests().map(({ requestId }) => requestId));
  expect(read.length).toBeGreaterThan(0);
  expect(recorder.readsInputs(label, undefined)).toBe(true);
});
