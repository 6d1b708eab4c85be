/** Uses of a listed word that are right. */
export interface Exception {
  /** The files, as a glob. */
  readonly files: string;
  /** Names in which any listed word may stand, anywhere in these files; compared whole and by case. */
  readonly names: readonly string[];
  readonly why: string;
}

export const exceptions: readonly Exception[] = [
  {
    files: 'packages/registry/**',
    names: ['seal', 'versionSeal', 'previousSeal'],
    why: 'members of the records that version 0.1 stored, and of the types that describe them',
  },
  {
    files: 'packages/registry/**',
    names: ['condemned'],
    why: 'the folder of deletion notices that version 0.1 reads and writes',
  },
  {
    files:
      'packages/{registry/{src,test}/maintenance/*,registry/test/version-0.1.test,cli/src/commands/model/{gc,prune}-command}.ts',
    names: ['kept', 'keptByAlias'],
    why: 'members of the results of collectGarbage and pruneVersions, which version 0.1 published',
  },
  {
    files: 'docs/errors/registry.md',
    names: ['ERR_REGISTRY_NOT_PROVEN'],
    why: 'the code of version 0.1',
  },
  {
    files: 'packages/gateway/**',
    names: ['FAIRLEAD_DIALECTS'],
    why: 'the name of a setting in version 0.1, which is still read',
  },
  {
    files: 'packages/monitoring/docs/metrics.md',
    names: ['webhook-given-up'],
    why: 'the name of an event that version 0.1 published',
  },
  {
    files: 'packages/deploy-config/src/systemd/unit-directive.ts',
    names: ['Wants'],
    why: 'a directive of systemd',
  },
  {
    files: 'packages/cli/test/command-line.test.ts',
    names: ['`nobody`'],
    why: 'an account of Unix',
  },
  {
    files: 'packages/deploy-cdk/**',
    names: ['LEAST_OUTSTANDING_REQUESTS', 'least_outstanding_requests'],
    why: 'an algorithm of Elastic Load Balancing',
  },
];
