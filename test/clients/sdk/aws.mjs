import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ConverseCommand, BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';

/** Everything but the address is what people leave as it is. */
function clientOf(Client, { url, keep, timeoutMs }, options = {}) {
  const client = new Client({
    endpoint: url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'made-up', secretAccessKey: 'made-up' },
    requestHandler: new NodeHttpHandler(
      timeoutMs && { requestTimeout: timeoutMs, throwOnRequestTimeout: true },
    ),
    ...(timeoutMs && { maxAttempts: 1 }),
    ...options,
  });
  keep(() => client.destroy());
  return client;
}

const aws = (name, folder, Client, command, options) => ({
  name,
  package: folder,
  family: 'SDK',
  faults: 'http',
  ownTimeout: true,
  takesSignal: true,
  off: 'maxAttempts: 1',
  call: async (ask) => {
    const answer = await clientOf(Client, ask, options).send(command(), { abortSignal: ask.signal });
    await answer.Body?.transformToString();
    return answer;
  },
});

export const setups = [
  aws('AWS S3', '@aws-sdk/client-s3', S3Client, () => new GetObjectCommand({ Bucket: 'shop', Key: 'item' }), {
    forcePathStyle: true,
  }),
  aws('AWS DynamoDB', '@aws-sdk/client-dynamodb', DynamoDBClient, () => new ListTablesCommand({})),
  aws('AWS SQS', '@aws-sdk/client-sqs', SQSClient, () => new ListQueuesCommand({})),
  aws(
    'AWS Bedrock, over HTTP/1',
    '@aws-sdk/client-bedrock-runtime',
    BedrockRuntimeClient,
    () =>
      new ConverseCommand({ modelId: 'made-up', messages: [{ role: 'user', content: [{ text: 'hello' }] }] }),
  ),
];
