import {
  mlflowScoring,
  openInference,
  sageMaker,
  tensorFlowServing,
  type Protocol,
} from '@fairlead/serving';
import type { Settings } from '../settings/settings.ts';

/** Creates the protocols of the settings; the readiness shows `warnings`. */
export function createProtocols(
  { protocols, invocationsModel: model = '', extensions: wanted, keysFile }: Settings,
  warnings: () => readonly string[] = () => [],
): readonly Protocol[] {
  // Without keys, no client is known to be an administrator.
  const extensions = wanted.filter((name) => name !== 'model_repository' || keysFile !== undefined);
  const modelControl = extensions.includes('model_repository');
  return protocols.map((name) => {
    switch (name) {
      case 'open-inference':
        return openInference({ extensions, warnings });
      case 'tensorflow-serving':
        return tensorFlowServing();
      case 'mlflow':
        return mlflowScoring({ model });
      case 'sagemaker':
        return sageMaker({ model, modelControl });
    }
  });
}
