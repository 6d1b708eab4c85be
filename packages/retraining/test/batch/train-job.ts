import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

// The container of a job: reads its rows from S3 and writes a model to S3, as `aws s3 cp` does.
const {
  AWS_ENDPOINT = '',
  FAIRLEAD_TRAINING_ROWS = '',
  FAIRLEAD_TRAINING_OUTPUT = '',
} = process.env;
const placeOf = (address: string) => {
  const { hostname: Bucket, pathname } = new URL(address);
  return { Bucket, Key: pathname.slice(1) };
};
const client = new S3Client({
  ...{ endpoint: AWS_ENDPOINT, region: 'us-east-1', forcePathStyle: true },
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const { Body } = await client.send(new GetObjectCommand(placeOf(FAIRLEAD_TRAINING_ROWS)));
const rows = await Body?.transformToString();
for (const name of ['model.onnx', 'parts/metrics.json']) {
  const place = placeOf(`${FAIRLEAD_TRAINING_OUTPUT}/${name}`);
  await client.send(new PutObjectCommand({ ...place, Body: `${name} of ${rows}` }));
}
