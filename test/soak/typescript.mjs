// node --import ./test/soak/typescript.mjs …: runs the TypeScript of lib/ in a plain Node, without a build.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
