export { apiKeys, type ApiKeysOptions, type KeyVerifier } from './api-keys.ts';
export type { ApiKeyRecord } from './api-key-record.ts';
export { ApiKeySet, type ApiKeySetOptions } from './api-key-set.ts';
export { authenticate, checkScope, hasScope } from './authenticate.ts';
export { bodyLimit, type BodyLimitOptions } from './body-limit.ts';
export { chain, type Chain, type ChainErrorHandler, type ChainStep } from './chain.ts';
export {
  clientAddress,
  type AddressedRequest,
  type ClientAddress,
  type ClientAddressOptions,
} from './client-address.ts';
export type { RateLimitedClient } from './client-key.ts';
export { contentHash } from './content-hash.ts';
export type { Credentials } from './credential.ts';
export { createApiKey, type CreateApiKeyOptions, type CreatedApiKey } from './create-api-key.ts';
export { getIdentity, type Identity } from './identity.ts';
export { LeasedCounts, type LeasedCountsOptions, type Use } from './limits/leased-counts.ts';
export { MemoryCounts } from './limits/memory-counts.ts';
export type { Period } from './period.ts';
export { quotaLimit, type QuotaLimit, type QuotaLimitOptions } from './limits/quota-limit.ts';
export type { Quotas } from './quotas.ts';
export type { SharedCounts, Taken, TakeRequest } from './limits/shared-counts.ts';
export type { ErrorMiddleware, Middleware, Next } from './middleware.ts';
export { parseApiKeys, type ParseApiKeysOptions } from './parse-api-keys.ts';
export type { Problem, ProblemDescription } from './problem.ts';
export { problemErrors, type ProblemErrorsOptions } from './problem-errors.ts';
export { publicPaths } from './public-paths.ts';
export { rateLimit, type RateLimit, type RateLimitOptions } from './rate-limit.ts';
export type { RateLimitCount, RateLimitStore } from './rate-limit-store.ts';
export { readApiKeys } from './read-api-keys.ts';
export { getRequestId, isRequestId, requestId, type RequestIdOptions } from './request-id.ts';
export { requiredScope, type RequiredScopeOptions } from './required-scope.ts';
export { secureHeaders, type PageSources, type SecureHeadersOptions } from './secure-headers.ts';
export {
  SecurityError,
  type SecurityErrorCode,
  type SecurityErrorOptions,
} from './security-error.ts';
export { sendProblem } from './send-problem.ts';
export { watchApiKeys, type WatchApiKeysOptions } from './watch-api-keys.ts';
