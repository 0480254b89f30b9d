import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { ChatOpenAI } from '@langchain/openai';
import { Mistral } from '@mistralai/mistralai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { streamText } from 'ai';
import { CohereClientV2 } from 'cohere-ai';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { breaking } from './shared/mid-stream.mjs';
import { BEDROCK, CHAT, CLAUDE, COHERE, GEMINI, MISTRAL, OLLAMA, RESPONSES } from './shared/pieces.mjs';

const MESSAGES = [{ role: 'user', content: 'hello' }];
const ASKED = { model: 'made-up', messages: MESSAGES };
const apiKey = 'made-up';
const QUIET =
  'A signal that aborts in mid-stream ends the loop and throws nothing: what has come so far looks like a whole answer.';

async function readAll(stream) {
  let last;
  for await (const event of stream) last = event;
  return last;
}

/** A stream that has begun well: nobody tries again, so it is asked once. */
const stream = (name, folder, pieces, call, { notes, takesSignal = true } = {}) => ({
  name: `${name} that has begun`,
  package: folder,
  family: 'LLM',
  faults: [],
  ownTimeout: false,
  takesSignal,
  off: '',
  real: 'here',
  answers: breaking(pieces, call, takesSignal),
  ...(notes !== undefined && { notes }),
});

export const setups = [
  stream(
    'openai, chat',
    'openai',
    CHAT,
    async ({ url, signal }) =>
      readAll(
        await new OpenAI({ baseURL: url, apiKey }).chat.completions.create(
          { ...ASKED, stream: true },
          { signal },
        ),
      ),
    { notes: QUIET },
  ),
  stream(
    'openai, responses',
    'openai',
    RESPONSES,
    async ({ url, signal }) =>
      readAll(
        await new OpenAI({ baseURL: url, apiKey }).responses.create(
          {
            model: 'made-up',
            input: 'hello',
            stream: true,
          },
          { signal },
        ),
      ),
    {
      notes: `Its events \`error\` and \`response.failed\` are values of the stream: throw them yourself. ${QUIET}`,
    },
  ),
  stream('anthropic', '@anthropic-ai/sdk', CLAUDE, ({ url, signal }) =>
    readAll(new Anthropic({ baseURL: url, apiKey }).messages.stream({ ...ASKED, max_tokens: 9 }, { signal })),
  ),
  stream(
    'groq-sdk',
    'groq-sdk',
    CHAT,
    async ({ url, signal }) =>
      readAll(
        await new Groq({ baseURL: url, apiKey }).chat.completions.create(
          { ...ASKED, stream: true },
          { signal },
        ),
      ),
    { notes: QUIET },
  ),
  stream(
    'ai, streamText',
    'ai',
    CHAT,
    async ({ url, signal }) => {
      const model = createOpenAI({ baseURL: url, apiKey }).chat('made-up');
      for await (const part of streamText({ model, prompt: 'hello', abortSignal: signal, onError: () => {} })
        .fullStream) {
        if (part.type === 'error') throw part.error;
      }
    },
    {
      notes:
        'An error is a part of `fullStream`: throw it yourself, as here. A signal that aborts in mid-stream is a part of another type, `abort`.',
    },
  ),
  stream('@google/genai', '@google/genai', GEMINI, async ({ url, signal }) =>
    readAll(
      await new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } }).models.generateContentStream({
        model: 'made-up',
        contents: 'hello',
        config: { abortSignal: signal },
      }),
    ),
  ),
  stream('@mistralai/mistralai', '@mistralai/mistralai', MISTRAL, async ({ url, signal }) =>
    readAll(await new Mistral({ apiKey, serverURL: url }).chat.stream(ASKED, { fetchOptions: { signal } })),
  ),
  stream(
    'cohere-ai',
    'cohere-ai',
    COHERE,
    async ({ url, signal }) =>
      readAll(
        await new CohereClientV2({ token: apiKey, environment: url }).chatStream(ASKED, {
          abortSignal: signal,
        }),
      ),
    { notes: 'Its last event says `finish_reason: ERROR`: throw it yourself.' },
  ),
  stream(
    'ollama',
    'ollama',
    OLLAMA,
    async ({ url }) => readAll(await new Ollama({ host: url }).chat({ ...ASKED, stream: true })),
    { takesSignal: false },
  ),
  stream('@langchain/openai', '@langchain/openai', CHAT, async ({ url, signal }) =>
    readAll(
      await new ChatOpenAI({ model: 'made-up', apiKey, configuration: { baseURL: url } }).stream('hello', {
        signal,
      }),
    ),
  ),
  stream('AWS Bedrock', '@aws-sdk/client-bedrock-runtime', BEDROCK, async ({ url, keep, signal }) => {
    const client = new BedrockRuntimeClient({
      endpoint: url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'made-up', secretAccessKey: 'made-up' },
      requestHandler: new NodeHttpHandler(),
    });
    keep(() => client.destroy());
    const messages = [{ role: 'user', content: [{ text: 'hello' }] }];
    const answer = await client.send(new ConverseStreamCommand({ modelId: 'made-up', messages }), {
      abortSignal: signal,
    });
    return readAll(answer.stream);
  }),
];
