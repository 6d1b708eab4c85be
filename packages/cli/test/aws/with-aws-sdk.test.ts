import { expect, test } from 'vitest';
import { withAwsSdk } from '../../src/aws/with-aws-sdk.ts';

const problem = 'a stack needs the AWS SDK: npm install @aws-sdk/client-cloudformation';
const missing = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /app/index.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });

test('a package of the AWS SDK that is missing is an error that says what to install', async () => {
  const cause = missing('@aws-sdk/client-cloudformation');
  const importing = () => Promise.reject(cause);
  await expect(withAwsSdk(problem, importing)).rejects.toMatchObject({
    ...{ code: 'ERR_CLI_USAGE', message: problem, cause },
  });
  await expect(withAwsSdk(problem, importing, 'ERR_CLI_NO_RUNTIME')).rejects.toMatchObject({
    code: 'ERR_CLI_NO_RUNTIME',
  });
});

test.each([missing('@fairlead/deploy'), new Error('the SDK is damaged')])(
  'another error stays as it is: %s',
  async (cause) => {
    await expect(withAwsSdk(problem, () => Promise.reject(cause))).rejects.toBe(cause);
  },
);

test('without an error, the result is that of the work', async () => {
  expect(await withAwsSdk(problem, () => Promise.resolve(4))).toBe(4);
});
