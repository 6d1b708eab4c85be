import { describe, expect, test } from 'vitest';
import { WebhookSender } from '@fairlead/webhooks';

const secrets = [`whsec_${Buffer.alloc(32, 1).toString('base64')}`];

describe('destinations', () => {
  const sender = new WebhookSender({
    destinations: ['https://a.example', 'http://b.example:8080/hooks/', 'https://c.example/x'],
    secrets,
  });
  test.each([
    'https://a.example',
    'https://a.example/any/path?query=1',
    'https://A.EXAMPLE:443/',
    'http://b.example:8080/hooks/1',
    'http://b.example:8080/hooks/a;b=c/..x/x../...?u=../../admin&v=%2e%2e',
    'http://b.example:8080/hooks/100%25/gr%C3%BC%C3%9Fe',
    'https://c.example/x',
    'https://c.example/x/y',
  ])('%s is allowed', (url) => {
    expect(sender.allows(url)).toBe(true);
  });

  test.each([
    '',
    'a.example',
    'http://a.example/',
    'https://a.example:444/',
    'https://a.example.evil.example/',
    'https://evil.example/https://a.example/',
    'https://a.example@evil.example/',
    'https://user:pass@a.example/',
    'https://a.example/#fragment',
    'https://evil.example\\@a.example/',
    'http://b.example:8080/',
    'http://b.example:8080/hooks',
    'http://b.example:8080/hooks/../admin',
    'http://b.example:8080/hooks/%2e%2e/admin',
    'http://b.example:8080/hooks/..%2fadmin',
    'https://c.example/xy',
    'http://b.example:8080/hooks/..;/admin',
    'http://b.example:8080/hooks/x/..;a=b/..;/admin',
    'http://b.example:8080/hooks/.;/admin',
    'http://b.example:8080/hooks/x/../y',
    'http://b.example:8080/hooks/%252e%252e/admin',
    'http://b.example:8080/hooks/%252e%252e%252fadmin',
    'http://b.example:8080/hooks/%25252e%25252e/admin',
    'http://b.example:8080/hooks/..%5cadmin',
    'http://b.example:8080/hooks\\..\\admin',
    'http://b.example:8080/hooks/x\\..\\..\\admin',
    'http://b.example:8080/hooks/%2e%2e;/admin',
    'http://b.example:8080/hooks/..%20/admin',
    'http://b.example:8080/hooks/..%00/admin',
    'http://b.example:8080/hooks/..%09/admin',
    'http://b.example:8080/hooks/..\t/admin',
    'http://b.example:8080/hooks/%c0%ae%c0%ae/admin',
    'http://b.example:8080/hooks/%EF%BC%8E%EF%BC%8E/admin',
    'http://b.example:8080/hooks/\u2025/admin',
    'http://b.example:8080/hooks/..%EF%BC%8Fadmin',
    'http://b.example:8080/hooks/x%2Fy',
    ' http://b.example:8080/hooks/1',
    'http:b.example:8080/hooks/1',
    'http:\\\\b.example:8080/hooks/1',
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    `https://a.example/${'x'.repeat(3000)}`,
  ])('%s is rejected', (url) => {
    expect(sender.allows(url)).toBe(false);
  });
});
