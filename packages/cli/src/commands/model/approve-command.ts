import { auditedCommand } from './audited-command.ts';

/** Defines `fairlead model approve`. */
export const defineApproveCommand = auditedCommand({
  examples: [
    ['For the gate "approvedBy 1"', 'fairlead model approve digits 3 -m "checked on our data"'],
  ],
  perform: (registry, model, version, audit) =>
    registry.model(model).version(version).approve(audit),
  done: (version) => `approved version ${version}`,
});

/** Defines `fairlead model disapprove`. */
export const defineDisapproveCommand = auditedCommand({
  examples: [
    ['Withdraw an approval', 'fairlead model disapprove digits 3 -m "fails on blurred scans"'],
  ],
  perform: (registry, model, version, audit) =>
    registry.model(model).version(version).withdrawApproval(audit),
  done: (version) => `withdrew the approval of version ${version}`,
});
