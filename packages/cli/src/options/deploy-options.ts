import { Option } from '@commander-js/extra-typings';
import { collect } from './shared-options.ts';

/** Name of the argument for an environment. */
export const ENVIRONMENT = '[environment]';

/** Description of the argument. */
export const ENVIRONMENT_TEXT = 'Environment of the configuration; the only one if there is one';

/** Configuration file. */
export const configOption = new Option(
  '--config <file>',
  'Module (.ts, .js) that exports deployment and environments',
).default('fairlead.config.ts');

/** Some of the hosts. */
export const hostOption = new Option(
  '--host <host>',
  'Host of the environment, by its name or address; repeatable (default: all)',
).argParser(collect);

/** A release that was built before. */
export const releaseOption = new Option(
  '--release <file>',
  'Release that fairlead release build wrote, or the first digits of its digest in the release store',
);

/** Skips the check of promotion. */
export const skipPromotionOption = new Option(
  '--dangerously-skip-promotion',
  'Deploy a release that has not passed the environment of promoteFrom; needs --reason',
);

/** Confirms in advance; a protected environment by its name. */
export const yesEnvironmentOption = new Option(
  '-y, --yes [environment]',
  'Skip the confirmation prompt; a protected environment needs its name',
);

/** Name for the audit log. */
export const auditActorOption = new Option(
  '--actor <name>',
  'Name for the audit log (env: FAIRLEAD_ACTOR, default: your account)',
);

/** Reason for the audit log. */
export const auditReasonOption = new Option('-m, --reason <text>', 'Reason for the audit log');
