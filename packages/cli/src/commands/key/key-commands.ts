import type { CommandGroup } from '../../command-tree.ts';

/** `fairlead key …` */
export const keyCommands: CommandGroup = {
  name: 'key',
  description: 'Manage API keys and signing keys',
  commands: [
    {
      name: 'create',
      description: 'Create an API key; its secret is printed once',
      load: async () => (await import('./create-key-command.ts')).defineCreateKeyCommand,
    },
    {
      name: 'list',
      description: 'List the API keys of a file, without secrets',
      load: async () => (await import('./list-keys-command.ts')).defineListKeysCommand,
    },
    {
      name: 'revoke',
      description: 'Remove an API key from its file',
      load: async () => (await import('./revoke-key-command.ts')).defineRevokeKeyCommand,
    },
    {
      name: 'signing',
      description: 'Create an Ed25519 key pair for signing versions',
      load: async () => (await import('./signing-key-command.ts')).defineSigningKeyCommand,
    },
  ],
};
