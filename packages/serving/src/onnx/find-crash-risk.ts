import { type OnnxGraph, type OnnxNode, readOnnxModel } from '@fairlead/signature/onnx';

/**
 * Operators in which ONNX Runtime (1.30) divides by an input without a check: a 0 there raises SIGFPE, which ends the whole
 * process, whichever thread it is in. By the index of that input.
 */
const TRAPPING_INPUTS: Readonly<Record<string, { readonly input: number; readonly name: string }>> =
  {
    STFT: { input: 3, name: 'frame_length' },
  };

/**
 * Finds an operator whose inputs can end the process that executes it; undefined when there is none.
 *
 * Such a model is executed in a process of its own, so that a request which ends it ends nothing else. An input that is a
 * weight of the model is no risk: no request changes it.
 */
export function findCrashRisk(bytes: Uint8Array): string | undefined {
  try {
    const { graph, functions } = readOnnxModel(bytes);
    const bodies = functions.map(({ nodes }) => riskOf(nodes, new Map()));
    return riskIn(graph) ?? bodies.find((risk) => risk !== undefined);
  } catch {
    // A file that can't be read is rejected where it is loaded.
    return undefined;
  }
}

function riskIn({ nodes, initializers, inputs }: OnnxGraph): string | undefined {
  const given = new Set(inputs.map(({ name }) => name));
  const fixed = new Map([...initializers].filter(([name]) => !given.has(name)));
  return riskOf(nodes, fixed);
}

function riskOf(
  nodes: readonly OnnxNode[],
  fixed: ReadonlyMap<string, unknown>,
): string | undefined {
  for (const { opType, domain, inputs, attributes } of nodes) {
    const trap = domain === '' ? TRAPPING_INPUTS[opType] : undefined;
    const value = trap && inputs[trap.input];
    if (trap !== undefined && value !== undefined && value !== '' && !fixed.has(value)) {
      return `${opType} ends its process where ${trap.name} is 0`;
    }
    for (const { graphs = [] } of attributes.values()) {
      const risk = graphs.map(riskIn).find((each) => each !== undefined);
      if (risk !== undefined) return risk;
    }
  }
  return undefined;
}
