export { RedisCounts, type RedisCountsClient, type RedisCountsOptions } from './redis-counts.ts';
