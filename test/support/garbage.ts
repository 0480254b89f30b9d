import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose_gc');

/** Now, without `--expose-gc` on the command line. */
export const collectGarbage = runInNewContext('gc') as () => void;
