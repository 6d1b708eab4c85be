import { createServer } from 'node:http';
import express from 'express';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { reportPort } from '../report-port.ts';
import { slowModelFile } from './slow-model.ts';

// The peer: what one writes first, Express and a session awaited in the handler.
const session = await InferenceSession.create(slowModelFile, { intraOpNumThreads: 1 });
const app = express();
app.get('/v2/health/live', (_req, res) => {
  res.json({ live: true });
});
app.post('/v2/models/slow/infer', express.json(), async (req, res) => {
  const { inputs } = req.body as { inputs: { data: number[] }[] };
  const times = BigInt64Array.from(inputs[0]?.data ?? [], BigInt);
  const results = await session.run({ times: new Tensor('int64', times, [1]) });
  res.json({ outputs: [{ name: 'y', data: [...(results.y?.data as Float32Array)] }] });
});
reportPort(createServer(app));
