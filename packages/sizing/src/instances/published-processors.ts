import type { Processor } from './instance-type.ts';

/**
 * Processors of EC2 with their speed, chained from what AWS published for each generation, from M5 on.
 *
 * The statements are "up to", over workloads of AWS: a recommendation across processors has an error of its size.
 *
 * @internal
 */
export const publishedProcessors: readonly Processor[] = [
  {
    name: 'skylake',
    architecture: 'x86_64',
    speed: 1,
    source: 'reference: M5 and T3, Intel Skylake and Cascade Lake',
  },
  {
    name: 'ice-lake',
    architecture: 'x86_64',
    speed: 1.15,
    source: 'M6i: up to 15 % better compute price performance than M5, at its price',
  },
  {
    name: 'sapphire-rapids',
    architecture: 'x86_64',
    speed: 1.39,
    source: 'M7i: up to 15 % better price performance than M6i, at 1.05 times its price',
  },
  {
    name: 'zen3',
    architecture: 'x86_64',
    speed: 1.15,
    source: 'M6a: up to 10 % lower cost than M6i for comparable performance',
  },
  {
    name: 'zen4',
    architecture: 'x86_64',
    speed: 1.73,
    source: 'M7a: up to 50 % higher performance than M6a; a vCPU is a core',
  },
  {
    name: 'graviton2',
    architecture: 'arm64',
    speed: 1.12,
    source: 'M6g: up to 40 % better price performance than M5, at 0.8 times its price',
  },
  {
    name: 'graviton3',
    architecture: 'arm64',
    speed: 1.4,
    source: 'M7g: up to 25 % better performance than M6g',
  },
  {
    name: 'graviton4',
    architecture: 'arm64',
    speed: 1.82,
    source: 'M8g: up to 30 % better performance than M7g',
  },
];
