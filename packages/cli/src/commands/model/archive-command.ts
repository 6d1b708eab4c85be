import { auditedCommand } from './audited-command.ts';

/** Defines `fairlead model archive`. */
export const defineArchiveCommand = auditedCommand({
  examples: [
    [
      'A version that must not be served again',
      'fairlead model archive digits 2 -m "trained on wrong labels"',
    ],
  ],
  perform: (registry, model, version, audit) =>
    registry.model(model).version(version).archive(audit),
  done: (version) => `archived version ${version}`,
});

/** Defines `fairlead model unarchive`. */
export const defineUnarchiveCommand = auditedCommand({
  examples: [['Make a version available again', 'fairlead model unarchive digits 2']],
  perform: (registry, model, version, audit) =>
    registry.model(model).version(version).unarchive(audit),
  done: (version) => `unarchived version ${version}`,
});
