export { redisCache } from './redis-cache.ts';
export type { RedisCache, RedisCacheClient, RedisCacheOptions } from './redis-cache.ts';
