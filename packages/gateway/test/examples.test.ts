import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readExamples,
  readMarkdownExamples,
  runExample,
  temporaryFolder,
  undocumentedExports,
  until,
  type DocExample,
} from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { startGatewayProcess } from './support/gateway-process.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';

const folder = new URL('../', import.meta.url);
const examples = readExamples(folder);
const isProgram = ({ code }: DocExample): boolean => code.includes('runGateway(');

test.each(examples.filter((example) => !isProgram(example)))(
  'the example of $name prints the comments behind its lines',
  async (example) => {
    expect(await runExample(folder, example)).toEqual(example.expected);
  },
);

test.each([...examples.filter(isProgram), ...readMarkdownExamples(new URL('README.md', folder))])(
  'the example of $name serves a registry until SIGTERM',
  async ({ name, code, expected }) => {
    const registry = temporaryFolder();
    await sampleRegistry(registry, onnxVersion('affine', 'affine'));
    const reports = join(import.meta.dirname, '../reports');
    mkdirSync(reports, { recursive: true });
    const file = join(reports, `example-${process.pid}-${name.replaceAll(/\W/g, '-')}.ts`);
    onTestFinished(() => {
      rmSync(file, { force: true });
    });
    writeFileSync(file, code);
    // The one reads its settings from the environment, the other only the registry.
    const settings = isProgram({ name, code, expected })
      ? {
          FAIRLEAD_REGISTRY: registry,
          FAIRLEAD_LISTEN: '127.0.0.1:0',
          FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
        }
      : { REGISTRY: registry };
    const command = [process.execPath, '--conditions=@fairlead/source', file] as const;
    const gateway = startGatewayProcess(settings, command);
    expect(await gateway.logged('models loaded')).toMatchObject({
      models: ['affine'],
      ready: true,
    });
    await until(() => expected.every((line) => gateway.output().split('\n').includes(line)));
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  },
);

test('every exported function and class has an example', () => {
  expect(undocumentedExports(folder)).toEqual([]);
});
