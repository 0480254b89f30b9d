/**
 * Many keys, each seen once, through a group that may have few: what it costs, and whether the heap stays.
 * `onCheckpoint` is called ten times on the way.
 */
export function playKeys({ KeyedBreakers, ManualClock, TimeWindow }, { keys, max, onCheckpoint = () => {} }) {
  const clock = new ManualClock();
  const group = new KeyedBreakers('gateway', { window: TimeWindow(1000), keys: { max } }, { clock });
  const told = { added: 0, removed: 0 };
  group.watch({
    onAdded: () => {
      told.added++;
    },
    onRemoved: () => {
      told.removed++;
    },
  });
  let most = 0;
  const started = performance.now();
  for (let i = 0; i < keys; i++) {
    // Slow enough for what is remembered of one key to be old when its turn to go comes.
    if (i % max === 0) clock.advance(1000);
    group.for(`tenant-${i}`).executeSync(() => i);
    most = Math.max(most, group.size);
    if (i % (keys / 10) === 0) onCheckpoint(i);
  }
  const perKeyNs = ((performance.now() - started) / keys) * 1e6;
  return { group, told, most, perKeyNs };
}
