/** A source of numbers in [0, 1): jitter and permits draw from it. */
export type RandomSource = () => number;

/** The real one. Replace it in tests by a seeded one (`nestjs-fluxgate/testing`). */
export const systemRandom: RandomSource = () => Math.random();
