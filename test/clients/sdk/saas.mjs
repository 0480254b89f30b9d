import { request as octokitRequest } from '@octokit/request';
import { MailService } from '@sendgrid/mail';
import { WebClient } from '@slack/web-api';
import { IncomingWebhook } from '@slack/webhook';
import { Client as Minio } from 'minio';
import { Octokit } from 'octokit';
import { Resend } from 'resend';
import Stripe from 'stripe';
import twilio from 'twilio';
import TwilioHttp from 'twilio/lib/base/RequestClient.js';

const shared = { family: 'SDK', faults: 'http', ownTimeout: false, takesSignal: false };
function stripe({ host, port, secure, timeoutMs }) {
  return new Stripe('sk_test_made_up', {
    host,
    port,
    protocol: secure ? 'https' : 'http',
    telemetry: false,
    ...(timeoutMs && { timeout: timeoutMs, maxNetworkRetries: 0 }),
  });
}

export const setups = [
  {
    ...shared,
    name: 'stripe',
    timeout: 'timeout',
    package: 'stripe',
    ownTimeout: true,
    off: 'maxNetworkRetries: 0',
    call: (ask) => stripe(ask).customers.retrieve('cus_1'),
  },
  {
    ...shared,
    name: '@octokit/request',
    package: '@octokit/request',
    takesSignal: true,
    off: '',
    call: ({ url, signal }) => octokitRequest('GET /user', { baseUrl: url, request: { signal } }),
  },
  {
    ...shared,
    name: 'octokit',
    package: 'octokit',
    takesSignal: true,
    off: 'retry: { enabled: false }',
    call: ({ url, signal }) => new Octokit({ baseUrl: url }).request('GET /user', { request: { signal } }),
  },
  {
    ...shared,
    name: '@slack/web-api',
    package: '@slack/web-api',
    off: 'retryConfig: { retries: 0 }, rejectRateLimitedCalls: true',
    call: ({ url }) => new WebClient('xoxb-made-up', { slackApiUrl: `${url}/` }).auth.test(),
  },
  {
    ...shared,
    name: '@slack/web-api, no retries',
    timeout: 'timeout',
    package: '@slack/web-api',
    ownTimeout: true,
    off: '',
    call: ({ url, timeoutMs }) =>
      new WebClient('xoxb-made-up', {
        slackApiUrl: `${url}/`,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        ...(timeoutMs && { timeout: timeoutMs }),
      }).auth.test(),
  },
  {
    ...shared,
    name: '@slack/webhook',
    timeout: 'timeout',
    package: '@slack/webhook',
    ownTimeout: true,
    off: '',
    call: ({ url, timeoutMs }) => new IncomingWebhook(url, { timeout: timeoutMs ?? 0 }).send('hello'),
  },
  {
    ...shared,
    name: 'twilio',
    timeout: 'timeout of its RequestClient',
    package: 'twilio',
    ownTimeout: true,
    off: '',
    call: ({ url, timeoutMs }) => {
      const Http = TwilioHttp.default ?? TwilioHttp;
      const http = new Http(timeoutMs ? { timeout: timeoutMs } : {});
      const client = twilio(`AC${'0'.repeat(32)}`, 'made-up', { httpClient: toHere(http, url) });
      return client.api.accounts('AC1').fetch();
    },
  },
  {
    ...shared,
    name: 'minio',
    package: 'minio',
    off: 'retryOptions: { disableRetry: true }',
    call: ({ host, port, secure }) =>
      new Minio({
        endPoint: host,
        port,
        useSSL: secure === true,
        accessKey: 'made-up',
        secretKey: 'made-up',
        region: 'eu-central-1',
      }).statObject('shop', 'item'),
  },
  {
    ...shared,
    name: 'minio, listBuckets',
    package: 'minio',
    off: 'retryOptions: { disableRetry: true }',
    call: ({ host, port, secure }) =>
      new Minio({
        endPoint: host,
        port,
        useSSL: secure === true,
        accessKey: 'made-up',
        secretKey: 'made-up',
        region: 'eu-central-1',
      }).listBuckets(),
  },
  {
    ...shared,
    name: '@sendgrid/mail',
    timeout: 'setTimeout(ms)',
    package: '@sendgrid/mail',
    ownTimeout: true,
    off: '',
    call: ({ url, timeoutMs }) => {
      const mail = new MailService();
      mail.setApiKey('SG.made-up');
      mail.client.setDefaultRequest('baseUrl', url);
      if (timeoutMs) mail.setTimeout(timeoutMs);
      return mail.send({
        to: 'a@made-up.example',
        from: 'b@made-up.example',
        subject: 'hello',
        text: 'hello',
      });
    },
  },
  {
    ...shared,
    name: 'resend',
    package: 'resend',
    off: '',
    call: ({ url }) => new Resend('re_made_up', { baseUrl: url }).emails.get('1'),
  },
];

/** Has the client of an SDK that knows one address call another one. */
function toHere(http, url) {
  return {
    request: (options) => http.request({ ...options, uri: `${url}${new URL(options.uri).pathname}` }),
  };
}
