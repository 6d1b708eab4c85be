import { setting } from './setting.ts';
import { protocolNames, extensionNames, text } from './setting-values.ts';

/** Protocols over HTTP. */
export const protocolSettings = {
  protocols: setting(
    'FAIRLEAD_PROTOCOLS',
    protocolNames,
    'open-inference,tensorflow-serving',
    'Protocols that are served, separated by commas: `open-inference`, `tensorflow-serving`, and `mlflow` or `sagemaker`.',
    'FAIRLEAD_DIALECTS',
  ),
  extensions: setting(
    'FAIRLEAD_EXTENSIONS',
    extensionNames,
    'binary_tensor_data,classification,model_repository,statistics',
    'Extensions of `open-inference` that are served, separated by commas, or `none`. `model_repository` lets keys with the scope `admin` load and unload models, by `sagemaker` too; without a keys file it is off.',
  ),
  invocationsModel: setting(
    'FAIRLEAD_INVOCATIONS_MODEL',
    text.optional(),
    undefined,
    'Model of `POST /invocations`. Required with `mlflow` and `sagemaker`.',
  ),
} as const;
