/** Step of a deployment on a host. */
type Step =
  | 'verify'
  | 'unpack'
  | 'python'
  | 'accounts'
  | 'restore'
  | 'secrets'
  | 'check'
  | 'switch'
  | 'restart'
  | 'gate'
  | 'revert'
  | 'clean-up';

/** Called before each step. */
export type OnStep = (step: Step) => void;
