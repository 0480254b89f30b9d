/** A property of whatever was thrown; `undefined` when it has none or cannot be read. Never throws. */
export function read(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** The same for what a method without arguments returns. */
export function ask(value: unknown, method: string): unknown {
  try {
    return (value as Record<string, () => unknown>)[method]?.();
  } catch {
    return undefined;
  }
}

/** The first of an array's elements; none for anything else. */
export function listOf(value: unknown, most: number): unknown[] {
  try {
    return Array.isArray(value) ? value.slice(0, most) : [];
  } catch {
    return [];
  }
}
