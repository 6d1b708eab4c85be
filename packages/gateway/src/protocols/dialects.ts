import {
  mlflowScoring,
  openInference,
  sageMaker,
  tensorFlowServing,
  type Dialect,
} from '@fairlead/serving';
import type { Settings } from '../settings/settings.ts';

/** The protocols that the settings name; `warnings` are shown with the readiness. */
export function createDialects(
  { dialects, invocationsModel: model = '', extensions: wanted, keysFile }: Settings,
  warnings: () => readonly string[] = () => [],
): readonly Dialect[] {
  // Without keys nobody is known to be an administrator.
  const extensions = wanted.filter((name) => name !== 'model_repository' || keysFile !== undefined);
  const modelControl = extensions.includes('model_repository');
  return dialects.map((name) => {
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
