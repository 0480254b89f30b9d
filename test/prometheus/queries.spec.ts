import { readFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { MinRequests, SlowRate } from 'nestjs-fluxgate';
import { parse } from 'yaml';

import { exported, Stage } from './stage.js';

const FOLDER = new URL('../../docs/observability/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly description: string;
    readonly datasource: { readonly uid: string };
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly Target[];
  }[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const dashboard = JSON.parse(read('grafana-dashboard.json')) as Dashboard;
const rules = (parse(read('alert-rules.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (one) => one.rules,
);

/** What stands for it when Grafana asks. */
const filledIn = (query: string): string =>
  query.replaceAll(/\$__(rate_)?interval/g, '5m').replaceAll(/\$(job|breaker)\b/g, '.*');

const QUERIES: readonly (readonly [where: string, query: string])[] = [
  ...dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }, i) => [`${title} ${i + 1}`, filledIn(expr)] as const),
  ),
  ...dashboard.annotations.list.map(({ name, expr }) => [`annotation ${name}`, filledIn(expr)] as const),
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
];

/** The texts of all nodes of a kind in a query. */
function nodes(
  query: string,
  kind: string,
  within: { from: number; to: number } = { from: 0, to: query.length },
) {
  const found: { text: string; from: number; to: number }[] = [];
  parser.parse(query).iterate({
    enter: ({ name, type, from, to }) => {
      if ((name === kind || (kind === 'error' && type.isError)) && from >= within.from && to <= within.to) {
        found.push({ text: query.slice(from, to), from, to });
      }
    },
  });
  return found;
}

const texts = (query: string, kind: string, within?: { from: number; to: number }): string[] =>
  nodes(query, kind, within).map(({ text }) => text);

/** What Prometheus adds to every series when it scrapes. */
const TARGET_LABELS = ['job', 'instance'];

/** The names that are really exported, with their labels and the values of those. */
const real = new Map<string, Map<string, Set<string>>>();

beforeAll(async () => {
  const stage = await Stage.of({ tripper: MinRequests(5).and(SlowRate(0.5, 250)) });
  stage.breakers.createKeyed('gateway', { keys: {} });
  for (const { name, values } of await exported(stage.registry)) {
    for (const { metricName = name, labels } of values) {
      const known = real.get(metricName) ?? new Map<string, Set<string>>();
      real.set(metricName, known);
      for (const [label, value] of Object.entries(labels)) {
        known.set(label, (known.get(label) ?? new Set()).add(String(value)));
      }
    }
  }
});

const labelsOf = (query: string): string[] => [
  ...TARGET_LABELS,
  ...texts(query, 'Identifier').flatMap((name) => [...(real.get(name)?.keys() ?? [])]),
];

/** What a selector asks for that is not exported. */
function selectorProblems(query: string, selector: { from: number; to: number }): string[] {
  const name = texts(query, 'Identifier', selector)[0] ?? 'nothing';
  const known = real.get(name);
  if (known === undefined) return [`${name} is not exported`];
  return nodes(query, 'UnquotedLabelMatcher', selector).flatMap((matcher) => {
    const label = texts(query, 'LabelName', matcher)[0]!;
    if (TARGET_LABELS.includes(label)) return [];
    const values = known.get(label);
    if (values === undefined) return [`${name} has no label ${label}`];
    if (label === 'breaker') return [];
    const asked = (JSON.parse(texts(query, 'StringLiteral', matcher)[0]!) as string).split('|');
    return asked.filter((one) => !values.has(one)).map((one) => `${name} has no ${label}="${one}"`);
  });
}

/** Everything that is wrong with a query. */
function problemsOf(query: string): string[] {
  const selectors = nodes(query, 'VectorSelector');
  const groupings = nodes(query, 'GroupingLabels').flatMap((one) => texts(query, 'LabelName', one));
  const calls = nodes(query, 'FunctionCall').filter(({ text }) => /^(rate|increase)\(/.test(text));
  return [
    ...texts(query, 'error').map((text) => `"${text}" is no PromQL`),
    ...(selectors.length === 0 ? ['it selects nothing'] : []),
    // Not read above, so that it would pass unseen.
    ...texts(query, 'QuotedLabelMatcher').map((text) => `${text} is not checked`),
    ...selectors.flatMap((selector) => selectorProblems(query, selector)),
    ...groupings.filter((label) => !labelsOf(query).includes(label)).map((label) => `nothing has ${label}`),
    ...calls
      .map((call) => texts(query, 'Identifier', call)[0] ?? '')
      .filter((name) => !/_(total|bucket|sum|count)$/.test(name))
      .map((name) => `${name} is no counter`),
  ];
}

it.each(QUERIES)('the query of %s asks for what is exported', (_where, query) => {
  expect(problemsOf(query)).toEqual([]);
});

describe('a copy with a mistake in it is found out', () => {
  /** Each metric's name, each label of a selector and of a grouping, in turn. */
  const planted = QUERIES.flatMap(([where, query]) =>
    (['Identifier', 'LabelName'] as const).flatMap((kind) =>
      nodes(query, kind).map(({ text, to }) => [where, text, query.slice(0, to) + 'x' + query.slice(to)]),
    ),
  );

  it('whichever name of a metric or label it is, in whichever query', () => {
    expect(planted.length).toBeGreaterThan(100);
    expect(planted.filter(([, , query]) => problemsOf(query!).length === 0)).toEqual([]);
  });

  it.each([
    ['fluxgate_state{state="opened"}', ['fluxgate_state has no state="opened"']],
    ['rate(fluxgate_probes_inflight[5m])', ['fluxgate_probes_inflight is no counter']],
    ['sum(fluxgate_state', ['"" is no PromQL']],
    ['fluxgate_state{"state"="open"}', ['"state"="open" is not checked']],
    ['vector(0)', ['it selects nothing']],
  ])('%s', (query, problems) => {
    expect(problemsOf(query)).toEqual(problems);
  });
});

describe('the dashboard', () => {
  it('shows every metric that is exported', () => {
    const asked = QUERIES.flatMap(([, query]) => texts(query, 'Identifier')).map((name) =>
      name.replace(/_(bucket|sum|count)$/, ''),
    );
    const there = [...real.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect([...new Set(asked)].sort()).toEqual([...new Set(there)].sort());
  });

  it('names its lines by labels that the query leaves', () => {
    for (const { targets } of dashboard.panels) {
      for (const { expr, legendFormat } of targets) {
        const query = filledIn(expr);
        const left = nodes(query, 'GroupingLabels').flatMap((one) => texts(query, 'LabelName', one));
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(left).toContain(label);
      }
    }
  });

  it('fills its variables from a metric that is exported', () => {
    const asked = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    expect(asked).toEqual([
      'label_values(fluxgate_state, job)',
      'label_values(fluxgate_state{job=~"$job"}, breaker)',
    ]);
    expect(real.has('fluxgate_state')).toBe(true);
  });

  it('asks the data source that is chosen, in panels of their own number, side by side', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { datasource, description } of panels) {
      expect(datasource.uid).toBe('${datasource}');
      expect(description).not.toBe('');
    }
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

describe('the alert rules', () => {
  it('are: open for five minutes, flapping, forced open for a day', () => {
    expect(rules.map((rule) => [rule.alert, rule.for])).toEqual([
      ['FluxgateBreakerOpen', '5m'],
      ['FluxgateBreakerFlapping', undefined],
      ['FluxgateBreakerForcedOpen', '24h'],
    ]);
    expect(rules[1]!.expr).toMatch(/\[10m\][^]*> 6$/);
  });

  it('say what is wrong, with labels that the query leaves', () => {
    for (const { expr, annotations, labels } of rules) {
      const [outer] = nodes(expr, 'GroupingLabels');
      const left = texts(expr, 'LabelName', outer);
      for (const text of Object.values(annotations)) {
        for (const [, label] of text.matchAll(/\$labels\.(\w+)/g)) expect(left).toContain(label);
      }
      expect(Object.keys(annotations)).toEqual(['summary', 'description']);
      expect(labels['severity']).toMatch(/^(critical|warning)$/);
    }
  });
});
