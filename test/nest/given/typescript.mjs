// `node --import ./typescript.mjs file.ts`: a process of its own that runs the source of lib/ by its public names.
import { existsSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

import { transformSync } from '@swc/core';

if (isMainThread) register(import.meta.url);

const root = new URL('../../../', import.meta.url);
const { $schema: _, ...swc } = JSON.parse(readFileSync(new URL('.swcrc', root), 'utf8'));

export function resolve(specifier, context, next) {
  const [, room] = /^nestjs-fluxgate(\/.+)?$/.exec(specifier) ?? [specifier, undefined];
  if (/^nestjs-fluxgate(\/|$)/.test(specifier)) return next(new URL(`lib${room ?? ''}/index.ts`, root).href);
  if (!/^\.{1,2}\/.*\.js$/.test(specifier)) return next(specifier, context);
  const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
  return existsSync(source) ? next(pathToFileURL(fileURLToPath(source)).href) : next(specifier, context);
}

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, 'utf8'), { ...swc, filename, swcrc: false });
  return { format: 'module', source: code, shortCircuit: true };
}
