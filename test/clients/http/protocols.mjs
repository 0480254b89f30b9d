import { createRemoteJWKSet, jwtVerify, SignJWT, generateKeyPair } from 'jose';
import nodemailer from 'nodemailer';
import soap from 'soap';
import { fileURLToPath } from 'node:url';

const DESCRIPTION = fileURLToPath(new URL('shared/items.wsdl', import.meta.url));
const shared = { family: 'HTTP', faults: 'http', ownTimeout: true, takesSignal: false, off: '' };

let token;
/** A token that is well signed, so that only the keys are asked for. */
function signed() {
  token ??= generateKeyPair('RS256').then(({ privateKey }) =>
    new SignJWT({ sub: 'ann' }).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey),
  );
  return token;
}

async function verify({ url, timeoutMs }) {
  const keys = createRemoteJWKSet(new URL(`${url}/keys`), timeoutMs && { timeoutDuration: timeoutMs });
  return await jwtVerify(await signed(), keys);
}

async function sendMail({ host, port, secure, requireTLS, timeoutMs, keep }) {
  const own = timeoutMs && {
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  };
  const transport = nodemailer.createTransport({ host, port, secure, requireTLS, ...own });
  keep(() => transport.close());
  return await transport.sendMail({
    from: 'ann@example.com',
    to: 'bob@example.com',
    subject: 'Hello',
    text: 'Hello.',
  });
}

/** The description is at hand; only the call itself goes to the server. */
async function callSoap({ url, timeoutMs }) {
  const client = await soap.createClientAsync(DESCRIPTION);
  client.setEndpoint(url);
  return await client.findAsync({ id: '1' }, { timeout: timeoutMs });
}

export const setups = [
  {
    ...shared,
    name: 'soap, description',
    timeout: 'wsdl_options: { timeout }',
    package: 'soap',
    call: ({ url, timeoutMs }) =>
      soap.createClientAsync(`${url}/items?wsdl`, timeoutMs && { wsdl_options: { timeout: timeoutMs } }),
  },
  { ...shared, name: 'soap, call', timeout: 'timeout of the call', package: 'soap', call: callSoap },
  { ...shared, name: 'jose, createRemoteJWKSet', timeout: 'timeoutDuration', package: 'jose', call: verify },
  {
    ...shared,
    name: 'nodemailer',
    timeout: 'connectionTimeout, greetingTimeout, socketTimeout',
    package: 'nodemailer',
    family: 'Mail',
    faults: 'tcp',
    tls: 'smtp',
    call: sendMail,
  },
  {
    ...shared,
    name: 'nodemailer, STARTTLS',
    package: 'nodemailer',
    family: 'Mail',
    faults: [],
    tls: 'smtpLater',
    ownTimeout: false,
    notes: 'With `requireTLS: true`: without it a server that offers no TLS is spoken to in the clear.',
    call: (target) => sendMail({ ...target, secure: false, requireTLS: true }),
  },
];
