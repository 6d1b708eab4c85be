import { mlflowModel, type MlflowModelOptions, onnxModel } from '@fairlead/registry/sources';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { rejection, temporaryFolder, temporaryRegistry } from '../support/sample-registry.ts';

/** Folders that MLflow 3.17.2 wrote, by write-folders.py beside them. */
const fixture = (name: string): string => fileURLToPath(new URL(`mlflow/${name}`, import.meta.url));

const options: MlflowModelOptions = { model: 'affine', actor: 'ada' };
const x = { name: 'x', datatype: 'FP32', shape: [-1, 2] } as const;
const y = { name: 'y', datatype: 'FP32', shape: [-1, 2] } as const;

/** A copy of a folder, changed. */
function changed(name: string, change: (folder: string) => void): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture(name), folder, { recursive: true });
  change(folder);
  return folder;
}

/** A copy of a folder whose MLmodel has another text. */
function edited(from: string | RegExp, to: string, name = 'tensor-spec'): string {
  return changed(name, (folder) => {
    const file = join(folder, 'MLmodel');
    const before = readFileSync(file, 'utf8');
    const after = before.replace(from, to);
    expect(after).not.toBe(before);
    writeFileSync(file, after);
  });
}

describe('a folder of MLflow', () => {
  test('is pushed completely, with its signature and its origin', async () => {
    const { registry } = temporaryRegistry();
    const { manifest } = await registry.push(await mlflowModel(fixture('tensor-spec'), options));
    expect(manifest.files.map(({ path }) => path)).toEqual(
      readdirSync(fixture('tensor-spec')).sort(),
    );
    expect(manifest.runtime).toEqual({ name: 'onnx', options: {} });
    expect(manifest.signature).toEqual({ inputs: [x], outputs: [y] });
    expect(manifest.lineage).toEqual({
      frameworks: { mlflow: '3.17.2', onnx: '1.23.2', python: '3.11.7', affine: 'unknown' },
      origin: {
        tool: 'mlflow',
        toolVersion: '3.17.2',
        runId: '0123456789abcdef0123456789abcdef',
        modelId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\d /) as string,
      },
      requirements: {
        path: 'requirements.txt',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        packages: { mlflow: '3.17.2', onnx: '1.23.2', onnxruntime: '1.32.0' },
      },
    });
  });

  test('is pushed with its files of external weights, which the runtime options list', async () => {
    const request = await mlflowModel(fixture('external-data'), options);
    const data = readdirSync(fixture('external-data')).filter((name) => name.endsWith('.data'));
    expect(data).toHaveLength(1);
    expect(request.runtime).toEqual({ name: 'onnx', options: { externalData: data } });
    const { registry } = temporaryRegistry();
    const { manifest } = await registry.push(request);
    const { read } = await registry.openVersion('affine', manifest.version);
    expect(await read(data[0] ?? '')).toHaveLength(24);
  });

  test('names features after its columns', async () => {
    const { signature } = await mlflowModel(fixture('column-spec'), options);
    const features = [{ name: 'length' }, { name: 'width' }];
    expect(signature).toEqual({ inputs: [{ ...x, features }], outputs: [y] });
  });

  test.each([
    ['without a name', '"name": null, '],
    ['without the field of a name', ''],
    ['under another name', '"name": "predictions", '],
  ])('may describe one output %s of a model with several', async (_title, name) => {
    const folder = edited('"name": "y", ', name);
    cpSync(
      new URL('../../../serving/test/models/rows.onnx', import.meta.url),
      join(folder, 'model.onnx'),
    );
    const { signature } = await mlflowModel(folder, options);
    expect(signature?.outputs.map((output) => output.name)).toEqual([
      'y',
      'classes',
      'total',
      'sums',
    ]);
  });

  test.each([
    [
      '"type": "datetime", "name": "length", "required": true',
      `column "length" is a datetime in MLflow and FP32 in the ONNX file: dates aren't converted, so send it as FP32`,
    ],
    [
      '"type": "float", "name": "length", "required": false',
      'column "length" is optional in MLflow: always send the column, with null (in CSV an empty cell) for what is missing',
    ],
  ])('lists columns that cannot be sent as MLflow describes them: %s', async (column, note) => {
    const folder = edited(
      '"type": "float", "name": "length", "required": true',
      column,
      'column-spec',
    );
    expect((await mlflowModel(folder, options)).notes).toEqual([note]);
    expect(await mlflowModel(fixture('column-spec'), options)).not.toHaveProperty('notes');
  });

  test('has an input example, which `predict` completes to a golden example', async () => {
    const predict = vi.fn(() => Promise.resolve([{ ...y, shape: [2, 2], data: [3, 5, 7, 9] }]));
    const { goldenExamples } = await mlflowModel(fixture('tensor-spec'), { ...options, predict });
    const inputs = [
      {
        ...x,
        shape: [2, 2],
        data: [
          [1, 2],
          [3, 4],
        ],
      },
    ];
    expect(predict).toHaveBeenCalledWith(inputs);
    const outputs = [{ ...y, shape: [2, 2], data: [3, 5, 7, 9] }];
    expect(goldenExamples).toEqual([{ name: "MLflow's input example", inputs, outputs }]);
    // Without an example, `predict` is not called.
    const none = edited(/saved_input_example_info:\n( .*\n)+/, '');
    await mlflowModel(none, { ...options, predict });
    expect(predict).toHaveBeenCalledTimes(1);
  });

  test.each<[string, string, string]>([
    ['a list of rows', 'tensor-spec', '[[1, 2], [3, 4]]'],
    ['a data frame', 'column-spec', '{"columns": ["width", "length"], "data": [[2, 1], [4, 3]]}'],
    ['a data frame without names', 'column-spec', '{"data": [[1, 2], [3, 4]]}'],
    ['records', 'column-spec', '[{"length": 1, "width": 2}, {"length": 3, "width": 4}]'],
    ['one with parameters', 'tensor-spec', '{"inputs": {"x": [[1, 2], [3, 4]]}, "params": {}}'],
  ])('has an input example that is %s', async (_, name, example) => {
    const folder = changed(name, (copy) => {
      writeFileSync(join(copy, 'input_example.json'), example);
    });
    const calls: unknown[] = [];
    await mlflowModel(folder, {
      ...options,
      predict: ([input]) => {
        calls.push([input?.shape, input?.data.flat()]);
        return Promise.resolve([]);
      },
    });
    expect(calls).toEqual([
      [
        [2, 2],
        [1, 2, 3, 4],
      ],
    ]);
  });

  test('can be overridden by options', async () => {
    const signature = { inputs: [{ ...x, range: { min: 0, max: 1 } }], outputs: [y] };
    const request = await mlflowModel(fixture('tensor-spec'), {
      ...options,
      signature,
      lineage: { gitCommit: '0123abc', frameworks: { 'scikit-learn': '1.7.2' } },
      metrics: { accuracy: 1 },
      files: { 'card.md': Buffer.from('# Affine') },
      skipIfUnchanged: true,
    });
    expect(request).toMatchObject({
      signature,
      lineage: {
        gitCommit: '0123abc',
        frameworks: { 'scikit-learn': '1.7.2' },
        origin: { tool: 'mlflow' },
      },
      metrics: { accuracy: 1 },
      skipIfUnchanged: true,
    });
    expect(Object.keys(request.files)).toContain('card.md');
    expect(Object.keys(request.files)).toContain('MLmodel');
  });

  test('may have an id that looks like a number, and lengths that only MLflow specifies', async () => {
    const folder = edited(/run_id: .*/, 'run_id: 1234e567');
    expect((await mlflowModel(folder, options)).lineage?.origin?.runId).toBe('1234e567');
    const doubles = edited('{"dtype": "float32"', '{"dtype": "float64"');
    expect((await mlflowModel(doubles, options)).signature?.inputs).toEqual([x]);
    const fixed = edited('[-1, 2]}}]', '[7, 2]}}]');
    expect((await mlflowModel(fixed, options)).signature?.inputs).toEqual([x]);
  });

  test('may have no signature', async () => {
    const none = edited(/signature:\n( {2}.*\n)+/, 'signature: null\n');
    expect((await mlflowModel(none, options)).signature).toEqual({ inputs: [x], outputs: [y] });
  });
});

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 12 }, (_, at) => {
    const [name, before] = [String.fromCharCode(98 + at), String.fromCharCode(97 + at)];
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
  }),
].join('\n');

describe('rejects, with the reason', () => {
  const invalid = 'ERR_REGISTRY_INVALID_SOURCE';
  const path = 'ERR_REGISTRY_INVALID_PATH';
  const unreadable = 'ERR_REGISTRY_SOURCE_UNREADABLE';

  test.each<[string, () => string, string, string]>([
    [
      'another flavor only',
      () => edited('  onnx:\n', '  sklearn:\n'),
      invalid,
      'no flavor onnx, but sklearn, python_function',
    ],
    ['no flavor', () => edited(/flavors:\n( .*\n)+/, 'flavors: {}\n'), invalid, 'none at all'],
    [
      'flavors that are none',
      () => edited(/flavors:\n( .*\n)+/, 'flavors: 1\n'),
      invalid,
      'flavors',
    ],
    [
      'no MLmodel',
      () =>
        changed('tensor-spec', (f) => {
          rmSync(join(f, 'MLmodel'));
        }),
      unreadable,
      'a file MLmodel',
    ],
    ['no folder', () => join(temporaryFolder(), 'none'), unreadable, 'none'],
    ['a file', () => join(fixture('tensor-spec'), 'MLmodel'), unreadable, 'not a folder'],
    [
      'a model that climbs',
      () => edited('data: model.onnx', 'data: ../../model.onnx'),
      path,
      '".."',
    ],
    ['an absolute model', () => edited('data: model.onnx', 'data: /etc/passwd'), path, 'absolute'],
    ['no model', () => edited('data: model.onnx', 'data: other.onnx'), invalid, 'no such file'],
    [
      'a model that is a list',
      () => edited('data: model.onnx', 'data: [model.onnx]'),
      invalid,
      'a path',
    ],
    [
      'YAML that is none',
      () => edited('flavors:', 'flavors: ]'),
      invalid,
      "isn't as MLflow writes it",
    ],
    ['YAML aliases that multiply', () => edited('flavors:', `${bomb}\nflavors:`), invalid, 'alias'],
    [
      'YAML without an end',
      () => edited('flavors:', `a: ${'['.repeat(100_000)}\nflavors:`),
      invalid,
      '',
    ],
    ['a key twice', () => edited('flavors:', 'run_id: a\nrun_id: b\nflavors:'), invalid, 'unique'],
    [
      'a huge MLmodel',
      () =>
        changed('tensor-spec', (f) => {
          truncateSync(join(f, 'MLmodel'), 2_000_000_000);
        }),
      unreadable,
      'at most 1048576',
    ],
    [
      'a signature that is no JSON',
      () => edited("inputs: '[", "inputs: '[" + '['),
      invalid,
      'JSON',
    ],
    [
      'a signature of another kind',
      () => edited('"type": "tensor"', '"type": 3'),
      invalid,
      'signature',
    ],
    [
      'an input without a name, of a model with several',
      () => {
        const folder = edited('"name": "x", ', '');
        const echo = new URL('../../../serving/test/models/echo.onnx', import.meta.url);
        cpSync(echo, join(folder, 'model.onnx'));
        return folder;
      },
      invalid,
      'a tensor without a name, and the ONNX file has the inputs "whole", "text", "half", "flag"',
    ],
    [
      'an input that the model has not',
      () => edited('"name": "x"', '"name": "z"'),
      invalid,
      'has no "z"',
    ],
    [
      'another datatype',
      () => edited('"float32"', '"int64"'),
      invalid,
      'int64 [-1,2] in the MLmodel',
    ],
    ['another shape', () => edited('[-1, 2]}}]', '[-1, 3]}}]'), invalid, '[-1,3] in the MLmodel'],
    [
      'another number of columns',
      () => edited('{"type": "float", "name": "length", "required": true}, ', '', 'column-spec'),
      invalid,
      '1 columns',
    ],
    [
      'a model that is none',
      () =>
        changed('tensor-spec', (f) => {
          writeFileSync(join(f, 'model.onnx'), 'x');
        }),
      'ERR_REGISTRY_INVALID_ONNX',
      'ONNX',
    ],
    [
      'weights that are missing',
      () =>
        changed('external-data', (f) => {
          for (const name of readdirSync(f)) if (name.endsWith('.data')) rmSync(join(f, name));
        }),
      invalid,
      "isn't beside it",
    ],
    [
      'weights that climb',
      () =>
        changed('external-data', (f) => {
          const file = join(f, 'model.onnx');
          const name = readdirSync(f).find((each) => each.endsWith('.data')) ?? '';
          const climbing = `../${name.slice(3)}`;
          writeFileSync(join(f, climbing), 'secret');
          writeFileSync(
            file,
            Buffer.from(readFileSync(file, 'latin1').replaceAll(name, climbing), 'latin1'),
          );
        }),
      'ERR_REGISTRY_INVALID_ONNX',
      "isn't a path within the model's folder",
    ],
    [
      'a link that leads out',
      () =>
        changed('tensor-spec', (f) => {
          symlinkSync('/etc/passwd', join(f, 'more.txt'));
        }),
      path,
      'leads out of the folder',
    ],
    [
      'a folder that leads out',
      () =>
        changed('tensor-spec', (f) => {
          symlinkSync('/etc', join(f, 'code'));
        }),
      path,
      'leads out of the folder',
    ],
    [
      'a link to itself',
      () =>
        changed('tensor-spec', (f) => {
          symlinkSync('self', join(f, 'self'));
        }),
      unreadable,
      'ELOOP',
    ],
    [
      'a link round in a circle',
      () =>
        changed('tensor-spec', (f) => {
          mkdirSync(join(f, 'code'));
          symlinkSync('..', join(f, 'code', 'up'));
        }),
      path,
      'a folder that it is in',
    ],
    [
      'a dangling link',
      () =>
        changed('tensor-spec', (f) => {
          symlinkSync('nothing', join(f, 'a'));
        }),
      unreadable,
      'ENOENT',
    ],
  ])('%s', async (_, make, code, problem) => {
    const error = await rejection(mlflowModel(make(), options));
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(problem);
  });

  test('an input example that does not match', async () => {
    const folder = changed('tensor-spec', (copy) => {
      writeFileSync(join(copy, 'input_example.json'), '{"x": [[1, 2, 3]]}');
    });
    const predict = () => Promise.resolve([]);
    const error = await rejection(mlflowModel(folder, { ...options, predict }));
    expect(error).toMatchObject({ code: invalid });
    expect((error as Error).message).toContain('input_example.json');
  });

  test('links that multiply', async () => {
    const folder = changed('tensor-spec', (copy) => {
      for (let level = 0; level < 16; level += 1) {
        mkdirSync(join(copy, `l${level}`));
        for (const name of ['a', 'b', 'c'])
          symlinkSync(`../l${level + 1}`, join(copy, `l${level}`, name));
      }
      mkdirSync(join(copy, 'l16'));
    });
    const error = await rejection(mlflowModel(folder, options));
    expect((error as Error).message).toContain('more than 20000 files and folders');
  });
});

test('a link within the folder is resolved', async () => {
  const folder = changed('tensor-spec', (copy) => {
    mkdirSync(join(copy, 'net'));
    cpSync(join(copy, 'model.onnx'), join(copy, 'net/real.onnx'));
    rmSync(join(copy, 'model.onnx'));
    symlinkSync('net/real.onnx', join(copy, 'model.onnx'));
  });
  const { registry } = temporaryRegistry();
  await registry.push(await mlflowModel(folder, options));
  const { read } = await registry.openVersion('affine', 1);
  expect(
    Buffer.from(await read('model.onnx')).equals(
      readFileSync(join(fixture('tensor-spec'), 'model.onnx')),
    ),
  ).toBe(true);
});

describe('an ONNX file alone', () => {
  test('contains its signature and its exporter', async () => {
    const file = join(fixture('tensor-spec'), 'model.onnx');
    expect(await onnxModel(file, options)).toEqual({
      ...options,
      runtime: { name: 'onnx', options: {} },
      signature: { inputs: [x], outputs: [y] },
      files: { 'model.onnx': file },
      lineage: { frameworks: { affine: 'unknown' } },
    });
  });

  test('is pushed with its external weights, and no other file of its folder', async () => {
    const request = await onnxModel(join(fixture('external-data'), 'model.onnx'), options);
    const [data = ''] = readdirSync(fixture('external-data')).filter((name) =>
      name.endsWith('.data'),
    );
    expect(Object.keys(request.files).sort()).toEqual([data, 'model.onnx'].sort());
    expect(request.runtime.options).toEqual({ externalData: [data] });
    const folder = changed('external-data', (copy) => {
      rmSync(join(copy, data));
      symlinkSync('/etc/passwd', join(copy, data));
    });
    expect(await rejection(onnxModel(join(folder, 'model.onnx'), options))).toMatchObject({
      code: 'ERR_REGISTRY_INVALID_PATH',
    });
  });
});
