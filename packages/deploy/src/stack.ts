export { planStack } from './stack/plan-stack.ts';
export type { PlanStackOptions, StackDrift, StackPlan } from './stack/plan-stack.ts';
export { templateChanges } from './stack/template-changes.ts';
export type { StackChange } from './stack/template-changes.ts';
export { templatesInS3, type TemplatesInS3Options } from './stack/templates-in-s3.ts';
