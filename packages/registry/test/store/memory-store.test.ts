import { MemoryStore } from '../support/memory-store.ts';
import { describeObjectStore } from './object-store-behaviour.ts';

// What the traces of `maintenance/interleaved.property.test.ts` run on is a store like the others.
describeObjectStore('the store in memory of the tests', () => new MemoryStore());
