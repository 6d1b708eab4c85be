import type { Deployment } from '../deployment.ts';
import { atLeast } from '../values/version.ts';
import { directive, type NginxDirective } from './nginx-directive.ts';

/** Forward-secret authenticated ciphers for TLS 1.2; TLS 1.3 has separate ones. */
const ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

const curves = ['X25519', 'prime256v1', 'secp384r1'];

/**
 * Returns the TLS settings of the http block.
 *
 * Source: Mozilla's "intermediate" configuration, https://wiki.mozilla.org/Security/Server_Side_TLS
 */
export function tlsDirectives({ target }: Deployment): NginxDirective[] {
  // OpenSSL 3.5 introduced post-quantum key exchange; older versions refuse the whole list.
  const groups = atLeast(target.openssl, 3, 5, 0) ? ['X25519MLKEM768', ...curves] : curves;
  return [
    directive('ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
    directive('ssl_ciphers', ciphers.join(':')),
    directive('ssl_ecdh_curve', groups.join(':')),
    directive('ssl_prefer_server_ciphers', 'off'),
    directive('ssl_session_cache', 'shared:fairlead_tls:10m'),
    directive('ssl_session_timeout', '1d'),
    directive('ssl_session_tickets', 'off'),
  ];
}

/** Strict-Transport-Security for two years, in seconds, as Mozilla recommends. */
export const strictTransportSecurity = 'max-age=63072000';
