import { Storage } from '@google-cloud/storage';
import { cert, initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import { request } from 'gaxios';
import { OAuth2Client } from 'google-auth-library';
import { generateKeyPairSync } from 'node:crypto';

const shared = { family: 'SDK', faults: 'http', ownTimeout: false, takesSignal: false };

export const setups = [
  {
    ...shared,
    name: 'gaxios',
    package: 'gaxios',
    ownTimeout: true,
    takesSignal: true,
    off: '',
    call: ({ url, signal, timeoutMs }) => request({ url, signal, timeout: timeoutMs }),
  },
  {
    ...shared,
    name: 'google-auth-library, refresh',
    package: 'google-auth-library',
    off: '',
    notes:
      '`transporterOptions: { retry: false }` does not turn the tries of a refresh off, and nothing else does.',
    call: ({ url }) => {
      const client = new OAuth2Client({
        clientId: 'made-up',
        clientSecret: 'made-up',
        endpoints: { oauth2TokenUrl: `${url}/token` },
      });
      client.setCredentials({ refresh_token: 'made-up' });
      return client.refreshAccessToken();
    },
  },
  {
    ...shared,
    name: '@google-cloud/storage',
    package: '@google-cloud/storage',
    off: 'retryOptions: { autoRetry: false }',
    call: ({ url }) =>
      new Storage({
        apiEndpoint: url,
        projectId: 'made-up',
        token: 'made-up',
        useAuthWithCustomEndpoint: false,
      })
        .bucket('shop')
        .getMetadata(),
  },
  {
    ...shared,
    name: 'firebase-admin, auth',
    silent: { s429: 'the raw answer is only quoted in its text' },
    package: 'firebase-admin',
    notes:
      'Nothing turns its own tries off. TLS trouble is not measured: it takes another address only without TLS.',
    off: '',
    call: async ({ host, port, keep }) => {
      process.env['FIREBASE_AUTH_EMULATOR_HOST'] = `${host}:${port}`;
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const app = initializeApp(
        {
          credential: cert({
            projectId: 'made-up',
            clientEmail: 'nobody@made-up.example',
            privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
          }),
        },
        `app-${port}-${performance.now()}`,
      );
      keep(() => app.delete?.());
      return getAuth(app).getUser('made-up');
    },
    faults: [
      'refused',
      'reset',
      'closed',
      'mute',
      'unresolvable',
      'cutBody',
      'cutChunks',
      's503',
      's429',
      's500',
      's404',
    ],
  },
];
