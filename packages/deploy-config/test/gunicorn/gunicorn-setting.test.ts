import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { gunicornSettingKinds } from '../../src/index.ts';
import { program } from '../support/program.ts';

const script = `
import json
from gunicorn import __version__
from gunicorn.config import KNOWN_SETTINGS

print(json.dumps({
    "version": __version__,
    "validators": {setting.name: setting.validator.__name__ for setting in KNOWN_SETTINGS},
}))
`;

/** Kind of the values of each validator of Gunicorn; all others accept text. */
const kindByValidator: Readonly<Record<string, string>> = {
  validate_bool: 'boolean',
  validate_pos_int: 'integer',
  validate_http2_window_size: 'integer',
  validate_http2_stream_limit: 'integer',
  validate_http2_frame_size: 'integer',
  validate_list_string: 'strings',
  validate_list_of_files_or_patterns: 'strings',
  validate_dict: 'dictionary',
};

const hookValidators = ['_validate_callable', 'validate_post_request'];

describe('the known settings of Gunicorn', () => {
  it('are those of the installed Gunicorn, with the kinds of its validators', () => {
    const real = JSON.parse(
      execFileSync(program('python'), ['-c', script], { encoding: 'utf8' }),
    ) as { version: string; validators: Record<string, string> };
    expect(real.version).toBe('27.0.1');
    const kinds = Object.fromEntries(
      Object.entries(real.validators)
        .filter(([, validator]) => !hookValidators.includes(validator))
        .map(([name, validator]) => [name, kindByValidator[validator] ?? 'string']),
    );
    expect(gunicornSettingKinds).toEqual(kinds);
  });
});
