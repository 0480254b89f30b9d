import Anthropic from '@anthropic-ai/sdk';
import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { ChatOpenAI } from '@langchain/openai';
import { Mistral } from '@mistralai/mistralai';
import { generateText } from 'ai';
import { CohereClientV2 } from 'cohere-ai';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { withTimeout } from '../http/shared/signal.mjs';
import { answersOf, eventsOf } from './shared/llm-answers.mjs';

const shared = { family: 'LLM', faults: 'http', ownTimeout: true, takesSignal: true };
const MESSAGES = [{ role: 'user', content: 'hello' }];
const CHAT = { model: 'made-up', messages: MESSAGES };
const CLAUDE = { ...CHAT, max_tokens: 9 };
const apiKey = 'made-up';

/** A time-out of its own is asked for without its own tries, or it would be heard three times as late. */
const patience = (timeoutMs, name = 'timeout') => timeoutMs && { [name]: timeoutMs, maxRetries: 0 };

async function readAll(stream) {
  let last;
  for await (const event of stream) last = event;
  return last;
}

const openai = ({ url, timeoutMs }) => new OpenAI({ baseURL: url, apiKey, ...patience(timeoutMs) });
const claude = ({ url, timeoutMs }) => new Anthropic({ baseURL: url, apiKey, ...patience(timeoutMs) });
const groq = ({ url, timeoutMs }) => new Groq({ baseURL: url, apiKey, ...patience(timeoutMs) });

/** Beside the usual faults, what providers answer; they are asked once, or each would take the time of all tries. */
function answering(setup, provider) {
  const call = (target) => setup.call({ ...target, timeoutMs: 5000 });
  const answers = provider === undefined ? answersOf(call) : eventsOf(provider, call);
  return { ...setup, real: 'here', answers };
}

export const setups = [
  answering({
    ...shared,
    name: 'openai',
    package: 'openai',
    off: 'maxRetries: 0',
    call: (ask) => openai(ask).chat.completions.create(CHAT, { signal: ask.signal }),
  }),
  answering(
    {
      ...shared,
      name: 'openai, stream',
      package: 'openai',
      off: 'maxRetries: 0',
      call: async (ask) =>
        readAll(await openai(ask).chat.completions.create({ ...CHAT, stream: true }, { signal: ask.signal })),
    },
    'openai',
  ),
  answering({
    ...shared,
    name: 'anthropic',
    package: '@anthropic-ai/sdk',
    off: 'maxRetries: 0',
    call: (ask) => claude(ask).messages.create(CLAUDE, { signal: ask.signal }),
  }),
  answering(
    {
      ...shared,
      name: 'anthropic, stream',
      package: '@anthropic-ai/sdk',
      off: 'maxRetries: 0',
      call: async (ask) =>
        readAll(await claude(ask).messages.create({ ...CLAUDE, stream: true }, { signal: ask.signal })),
    },
    'anthropic',
  ),
  answering({
    ...shared,
    name: 'groq-sdk',
    package: 'groq-sdk',
    off: 'maxRetries: 0',
    call: (ask) => groq(ask).chat.completions.create(CHAT, { signal: ask.signal }),
  }),
  answering({
    ...shared,
    name: 'ai, generateText',
    package: 'ai',
    off: 'maxRetries: 0',
    call: ({ url, signal, timeoutMs }) =>
      generateText({
        model: createOpenAI({ baseURL: url, apiKey }).chat('made-up'),
        prompt: 'hello',
        abortSignal: withTimeout(signal, timeoutMs),
        ...(timeoutMs && { maxRetries: 0 }),
      }),
  }),
  answering({
    ...shared,
    name: '@google/genai',
    package: '@google/genai',
    off: '',
    call: ({ url, signal, timeoutMs }) =>
      new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url, timeout: timeoutMs } }).models.generateContent({
        model: 'made-up',
        contents: 'hello',
        config: { abortSignal: signal },
      }),
  }),
  answering({
    ...shared,
    name: '@mistralai/mistralai',
    package: '@mistralai/mistralai',
    off: '',
    call: ({ url, signal, timeoutMs }) =>
      new Mistral({ apiKey, serverURL: url, timeoutMs }).chat.complete(CHAT, { fetchOptions: { signal } }),
  }),
  answering({
    ...shared,
    name: 'cohere-ai',
    package: 'cohere-ai',
    off: 'maxRetries: 0',
    call: ({ url, signal, timeoutMs }) =>
      new CohereClientV2({ token: apiKey, environment: url }).chat(CHAT, {
        abortSignal: signal,
        ...(timeoutMs && { timeoutInSeconds: timeoutMs / 1000, maxRetries: 0 }),
      }),
  }),
  answering({
    ...shared,
    name: 'ollama',
    package: 'ollama',
    ownTimeout: false,
    takesSignal: false,
    off: '',
    call: ({ url }) => new Ollama({ host: url }).chat(CHAT),
  }),
  answering({
    ...shared,
    name: '@langchain/openai',
    package: '@langchain/openai',
    off: 'maxRetries: 0',
    call: ({ url, signal, timeoutMs }) =>
      new ChatOpenAI({
        model: 'made-up',
        apiKey,
        configuration: { baseURL: url },
        ...patience(timeoutMs),
      }).invoke('hello', { signal }),
  }),
];
