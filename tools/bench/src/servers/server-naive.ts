import express from 'express';
import { InferenceSession, Tensor } from 'onnxruntime-node';

// (c) What one writes first: Express, its JSON parser, and a session with its defaults awaited in the handler.
const [port = '', file = ''] = process.argv.slice(2);
const session = await InferenceSession.create(file);
const app = express();
app.use(express.json({ limit: '16mb' }));
app.post('/v2/models/m/infer', async (req, res) => {
  const { inputs } = req.body as { inputs: [{ data: number[]; shape: number[] }] };
  const [{ data, shape }] = inputs;
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(data), shape) });
  res.json({ outputs: [{ name: 'y', data: Array.from(y?.data as Float32Array) }] });
});
app.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
