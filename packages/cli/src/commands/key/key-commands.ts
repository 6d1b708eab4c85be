import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../../command-context.ts';
import { addCreateKeyCommand } from './create-key-command.ts';
import { addListKeysCommand } from './list-keys-command.ts';
import { addRevokeKeyCommand } from './revoke-key-command.ts';
import { addSigningKeyCommand } from './signing-key-command.ts';

/** Adds `fairlead key …`. */
export function addKeyCommands(program: CommandUnknownOpts, context: CommandContext): void {
  const key = program
    .command('key')
    .description('keys: API keys of clients, and pairs of keys to sign versions with');
  addCreateKeyCommand(key, context);
  addListKeysCommand(key, context);
  addRevokeKeyCommand(key, context);
  addSigningKeyCommand(key, context);
}
