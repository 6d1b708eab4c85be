/** Certificates of an ACME authority such as Let's Encrypt, which certbot of the host obtains and renews over port 80. */
export interface AcmeInput {
  /** Address for messages of the authority. */
  readonly email: string;
  /** Directory of the authority; it begins with `https://`. @defaultValue that of Let's Encrypt */
  readonly directory?: string;
  /** File with the certificate of a private authority (PEM) on the host. @defaultValue authorities that the host trusts */
  readonly authorityFile?: string;
}
