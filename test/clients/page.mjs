/** To be written. */
export function writePage() {}
