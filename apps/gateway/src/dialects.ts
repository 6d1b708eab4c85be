import {
  mlflowScoring,
  openInference,
  sageMaker,
  tensorFlowServing,
  type Dialect,
} from '@fairlead/serving';
import type { Settings } from './settings.ts';

/** The protocols that the settings name. */
export function createDialects({
  dialects,
  invocationsModel: model = '',
}: Settings): readonly Dialect[] {
  return dialects.map((name) => {
    switch (name) {
      case 'open-inference':
        return openInference();
      case 'tensorflow-serving':
        return tensorFlowServing();
      case 'mlflow':
        return mlflowScoring({ model });
      case 'sagemaker':
        return sageMaker({ model });
    }
  });
}
