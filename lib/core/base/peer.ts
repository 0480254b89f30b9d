import { FluxgateConfigError } from './errors.js';

/**
 * An optional package that an adapter needs, loaded when it is needed: a missing one is told at bootstrap, with
 * its cure.
 *
 * @throws FluxgateConfigError when the package is not installed; what it throws itself goes out as it is.
 */
export async function loadPeer<Peer>(
  adapter: string,
  name: string,
  load: () => Promise<Peer>,
): Promise<Peer> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = Object(error) as { code?: unknown; message?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    // Something else may be missing, which the package itself needs.
    if (!isMissing || !String(message).includes(`'${name}'`)) throw error;
    throw Object.assign(
      new FluxgateConfigError(adapter, [
        `it needs the package ${name}, which is not installed. Run: npm install ${name}`,
      ]),
      { cause: error },
    );
  }
}
