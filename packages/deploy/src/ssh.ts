export { sshCarrier } from './carriers/ssh-carrier.ts';
export type { SshCarrierOptions } from './carriers/ssh-carrier.ts';
