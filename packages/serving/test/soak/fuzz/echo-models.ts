import { datatypes, type Datatype, type Signature, type Tensor } from '@fairlead/signature';
import { ModelServer, type Execution, type Runtime } from '@fairlead/serving';
import { ManyModels } from '../../many-models.ts';
import { MemorySource } from '../../memory-source.ts';

/** Every datatype, in the order of their names. */
export const DATATYPES = Object.keys(datatypes).sort() as Datatype[];

const ofDatatype = (datatype: Datatype): Signature => ({
  inputs: [{ name: 'x', datatype, shape: [-1, -1] }],
  outputs: [{ name: 'x', datatype, shape: [-1, -1] }],
});

/** Tensors that each model accepts, and returns unchanged: one for each datatype, and some of other shapes. */
export const SIGNATURES: Readonly<Record<string, Signature>> = {
  ...Object.fromEntries(
    DATATYPES.map((datatype) => [datatype.toLowerCase(), ofDatatype(datatype)]),
  ),
  two: {
    inputs: [
      { name: 'a', datatype: 'INT64', shape: [-1] },
      { name: 'b', datatype: 'BYTES', shape: [-1, 1] },
    ],
    outputs: [
      { name: 'a', datatype: 'INT64', shape: [-1] },
      { name: 'b', datatype: 'BYTES', shape: [-1, 1] },
    ],
  },
  features: {
    inputs: [
      {
        name: 'x',
        datatype: 'FP32',
        shape: [-1, 2],
        features: [{ name: 'width', range: { min: 0, max: 10 } }, { name: 'height' }],
      },
    ],
    outputs: [
      {
        name: 'x',
        datatype: 'FP32',
        shape: [-1, 2],
        features: [{ name: 'low' }, { name: 'high' }],
      },
    ],
  },
  cube: {
    inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 2, 3] }],
    outputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 2, 3] }],
  },
  scalar: {
    inputs: [{ name: 'x', datatype: 'FP64', shape: [] }],
    outputs: [{ name: 'x', datatype: 'FP64', shape: [] }],
  },
};

/** Called at the beginning of each execution; the returned function is called at its end. */
export type OnExecution = () => () => void;

/** A server of {@link SIGNATURES}, whose models give back what they get: no fault of theirs hides one of the decoders'. */
export async function echoServer(onExecution: OnExecution): Promise<ModelServer> {
  const echo: Runtime = {
    platform: 'echo',
    concurrency: 4,
    execute(inputs: readonly Tensor[]): Promise<Execution> {
      const onEnd = onExecution();
      const outputs = inputs.map((tensor) => ({ ...tensor }));
      onEnd();
      return Promise.resolve({ outputs, computeDurationMs: 0 });
    },
    unhealthy: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
  const server = new ModelServer({
    source: new ManyModels(
      Object.fromEntries(
        Object.entries(SIGNATURES).map(([model, signature]) => [
          model,
          new MemorySource([{ signature }]),
        ]),
      ),
    ),
    runtimes: { onnx: { load: () => Promise.resolve(echo) } },
    circuitBreaker: false,
  });
  for (const model of Object.keys(SIGNATURES)) await server.serve(model);
  return server;
}
