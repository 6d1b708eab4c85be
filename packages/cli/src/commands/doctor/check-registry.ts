import { lstatSync } from 'node:fs';
import type { CommandContext } from '../../command-context.ts';
import { errorCodeOf } from '../../exit-code.ts';
import { count } from '../../output/format-values.ts';
import { oneLine, shortWords } from '../../output/plain-text.ts';
import { shellWord } from '../../output/shell-word.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { type Finding, reasonOf } from './finding.ts';

const DEFAULT_FOLDER = './registry';

/** Limits of requests to S3, shorter than those of other commands: the report says soon that a store is unreachable. */
const REQUEST_LIMITS = { retryBudgetMs: 3000, timeoutMs: 4000 };

/** Checks that the registry can be read, and that its models are not damaged. */
export async function checkRegistry(
  context: CommandContext,
  named: string | undefined,
): Promise<Finding> {
  const check = 'registry';
  const location = named ?? context.environment.registry ?? DEFAULT_FOLDER;
  const { maskCredentials } = await import('@fairlead/signature');
  const masked = maskCredentials(location);
  const name = shortWords(oneLine(masked));
  const flag = `--registry ${shellWord(shortWords(masked))}`;
  if (location === DEFAULT_FOLDER && lstatSync(location, { throwIfNoEntry: false }) === undefined) {
    const found = `no folder ${DEFAULT_FOLDER}, and neither --registry nor FAIRLEAD_REGISTRY is set`;
    return { check, state: 'warning', found, fix: `fairlead registry init ${flag}` };
  }
  try {
    const { registry } = await openRegistry(context, { registry: location }, REQUEST_LIMITS);
    const models = await registry.listModels();
    const [problem] = models.flatMap(({ problems = [] }) => problems);
    if (problem !== undefined) {
      const fix = `fairlead model verify ${flag}`;
      return { check, state: 'problem', found: `${name}: ${reasonOf(problem)}`, fix };
    }
    const served = models.filter(({ aliases }) => Object.hasOwn(aliases, 'champion'));
    const found = `${name}: ${count(models.length, 'model')}, ${served.length} with the alias champion`;
    return { check, state: 'ok', found };
  } catch (error) {
    const reason = maskCredentials(reasonOf(error));
    // AWS refuses requests whose time is wrong by more than 15 minutes.
    const fix = reason.includes('TimeTooSkewed')
      ? 'sudo timedatectl set-ntp true'
      : fixFor(errorCodeOf(error), flag, /^s3:/i.test(location));
    return { check, state: 'problem', found: `${name}: ${reason}`, fix };
  }
}

function fixFor(code: string | undefined, flag: string, isS3: boolean): string {
  const again = `then: fairlead doctor ${flag}`;
  switch (code) {
    case 'ERR_REGISTRY_STORE_NOT_FOUND':
      return `fairlead registry init ${flag}`;
    case 'ERR_REGISTRY_STORE_UNSUPPORTED':
      return 'npm install @aws-sdk/client-s3';
    case 'ERR_REGISTRY_STORE_UNAVAILABLE':
      return isS3
        ? `check the network, AWS_REGION and AWS_ENDPOINT_URL, ${again}`
        : `check the path and its disk, ${again}`;
    case 'ERR_REGISTRY_STORE_DENIED':
      return isS3
        ? `check the credentials and permissions of this account, ${again}`
        : `check the permissions of the folder for this account, ${again}`;
    case 'ERR_REGISTRY_INVALID_OPTION':
      return 'fairlead doctor --registry ./registry, or s3://bucket/prefix';
    default:
      return `fairlead model verify ${flag}`;
  }
}
