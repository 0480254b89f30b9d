import {
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import { AnonymousCredential, BlobServiceClient } from '@azure/storage-blob';

const shared = { family: 'SDK', faults: 'http', takesSignal: true };

export const setups = [
  {
    ...shared,
    name: '@azure/core-rest-pipeline',
    package: '@azure/core-rest-pipeline',
    ownTimeout: true,
    off: 'retryOptions: { maxRetries: 0 }',
    call: ({ url, signal, timeoutMs }) =>
      createPipelineFromOptions({}).sendRequest(
        createDefaultHttpClient(),
        createPipelineRequest({
          url,
          abortSignal: signal,
          timeout: timeoutMs ?? 0,
          allowInsecureConnection: true,
        }),
      ),
  },
  {
    ...shared,
    name: '@azure/storage-blob',
    package: '@azure/storage-blob',
    ownTimeout: false,
    off: 'retryOptions: { maxTries: 1 }',
    call: ({ url, signal }) =>
      new BlobServiceClient(`${url}/account`, new AnonymousCredential())
        .getContainerClient('shop')
        .getProperties({ abortSignal: signal }),
  },
];
