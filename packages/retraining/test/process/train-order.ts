import { processRunner, type TrainingOrder } from '@fairlead/retraining';

// Runs a training in a separate process: train-order.ts ORDER
const order = JSON.parse(process.argv[2] ?? '') as TrainingOrder;
const { signal } = new AbortController();
await processRunner({ env: process.env }).train({ ...order, signal });
