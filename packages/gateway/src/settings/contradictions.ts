import { contradictionsOfJobs, WEBHOOK_ORIGINS } from './contradictions-of-jobs.ts';
import { contradictionsOfLimits } from './contradictions-of-limits.ts';
import { PREVIOUS_VERSION, type Settings } from './settings.ts';

/** Returns the contradictions between settings that are valid on their own. */
export function contradictions(read: Settings): string[] {
  const { keysFile, pepper, dangerouslyAllowAnyone, headersTimeoutMs, requestTimeoutMs } = read;
  const problems: string[] = [];
  const { processes = 0 } = read;
  if (read.process !== undefined && read.process > processes) {
    problems.push(
      `FAIRLEAD_PROCESS is ${read.process}, but FAIRLEAD_PROCESSES is ${read.processes ?? 'auto'}; remove FAIRLEAD_PROCESS, which the gateway sets itself`,
    );
  }
  if (keysFile !== undefined && dangerouslyAllowAnyone) {
    problems.push(
      'FAIRLEAD_KEYS_FILE and FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE=1 contradict each other; leave one out',
    );
  } else if (keysFile === undefined && !dangerouslyAllowAnyone) {
    problems.push(
      'FAIRLEAD_KEYS_FILE is missing; name the file of the API keys, or set FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE=1',
    );
  } else if (keysFile !== undefined && pepper === undefined) {
    problems.push(
      'FAIRLEAD_PEPPER is missing; it is needed to check keys against FAIRLEAD_KEYS_FILE',
    );
  }
  const invocations = read.protocols.filter((name) => name === 'mlflow' || name === 'sagemaker');
  if (invocations.length > 1) {
    problems.push(
      'FAIRLEAD_PROTOCOLS names mlflow and sagemaker, which share their paths; leave one out',
    );
  }
  if (invocations.length > 0 && read.invocationsModel === undefined) {
    problems.push(`FAIRLEAD_INVOCATIONS_MODEL is missing; ${invocations.join(', ')} needs it`);
  }
  const { cacheBytes, cacheModels, redisUrl, models, fallbacks = new Map<string, string>() } = read;
  if (cacheBytes > 0 && redisUrl !== undefined) {
    problems.push(
      'FAIRLEAD_CACHE_BYTES keeps answers in memory and FAIRLEAD_REDIS_URL in Redis; leave one out',
    );
  }
  if (cacheModels !== undefined && cacheBytes === 0 && redisUrl === undefined) {
    problems.push(
      'FAIRLEAD_CACHE_MODELS names models, but there is no cache; set FAIRLEAD_CACHE_BYTES or FAIRLEAD_REDIS_URL',
    );
  }
  for (const name of [...fallbacks].flat()) {
    if (name === PREVIOUS_VERSION || models?.includes(name) !== false) continue;
    problems.push(`FAIRLEAD_FALLBACKS names "${name}", which FAIRLEAD_MODELS doesn't`);
  }
  for (const name of read.readyModels ?? []) {
    if (models?.includes(name) !== false) continue;
    problems.push(`FAIRLEAD_READY_MODELS names "${name}", which FAIRLEAD_MODELS doesn't`);
  }
  const webhookOrigins = read.webhookOrigins ?? read.webhookPrivateOrigins;
  if ((webhookOrigins === undefined) !== (read.webhookSecrets === undefined)) {
    problems.push(
      `FAIRLEAD_WEBHOOK_SECRETS and ${WEBHOOK_ORIGINS} need each other; set both or neither`,
    );
  }
  if ((read.noticeWebhooks === undefined) !== (read.noticeSecrets === undefined)) {
    problems.push(
      'FAIRLEAD_NOTICE_WEBHOOKS and FAIRLEAD_NOTICE_SECRETS need each other; set both or neither',
    );
  }
  if (read.captureLocation !== undefined && read.stateFolder === undefined) {
    problems.push(
      'FAIRLEAD_STATE_FOLDER is missing; FAIRLEAD_CAPTURE_LOCATION needs it for requests that wait to be stored',
    );
  }
  const hasWindows =
    read.windows === 'on' || (read.windows === 'auto' && read.stateFolder !== undefined);
  if (read.drift === 'on' && !hasWindows) {
    problems.push(
      'FAIRLEAD_DRIFT=on needs windows; set FAIRLEAD_STATE_FOLDER or FAIRLEAD_WINDOWS=on',
    );
  }
  problems.push(...contradictionsOfJobs(read), ...contradictionsOfLimits(read));
  const { bodyMemoryBytes = Infinity, maxBodyBytes } = read;
  if (bodyMemoryBytes < maxBodyBytes) {
    problems.push(
      `FAIRLEAD_BODY_MEMORY_BYTES (${bodyMemoryBytes}) is less than FAIRLEAD_MAX_BODY_BYTES (${maxBodyBytes}), so that the largest body would never be accepted; raise it`,
    );
  }
  const { bodyMemoryPerClientBytes = Infinity } = read;
  if (bodyMemoryPerClientBytes < maxBodyBytes) {
    problems.push(
      `FAIRLEAD_BODY_MEMORY_PER_CLIENT_BYTES (${bodyMemoryPerClientBytes}) is less than FAIRLEAD_MAX_BODY_BYTES (${maxBodyBytes}), so that the largest body would never be accepted; raise it`,
    );
  }
  // node:http refuses it, naming its own options.
  if (headersTimeoutMs > requestTimeoutMs) {
    problems.push(
      `FAIRLEAD_HEADERS_TIMEOUT_MS (${headersTimeoutMs}) is longer than FAIRLEAD_REQUEST_TIMEOUT_MS (${requestTimeoutMs}), which includes it`,
    );
  }
  return problems;
}
