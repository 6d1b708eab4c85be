import { MemoryStore } from '../support/memory-store.ts';
import { describeObjectStore } from './object-store-behavior.ts';

// The store of `maintenance/interleaved.property.test.ts` behaves like the others.
describeObjectStore('the store in memory of the tests', () => new MemoryStore());
