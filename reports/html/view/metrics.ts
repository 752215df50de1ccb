/** Every metric of the record by its id and model, and the audit that measured it. */
import type { Finding, Metric } from 'proofhouse/plugin';

export interface MetricIndex {
  byKey: ReadonlyMap<string, Metric>;
  /** The audit behind a metric; a gate over subgroups names one without its group. */
  auditOf(id: string): string | undefined;
}

const key = (id: string, model: string) => JSON.stringify([id, model]);

export function metricIndex(findings: readonly Finding[]): MetricIndex {
  const byKey = new Map<string, Metric>();
  const audits = new Map<string, string>();
  for (const { audit, metrics } of findings)
    for (const metric of metrics) {
      byKey.set(key(metric.id, metric.model), metric);
      audits.set(metric.id, audit);
      audits.set(withoutGroup(metric.id), audit);
    }
  return { byKey, auditOf: (id) => audits.get(id) ?? audits.get(withoutGroup(id)) };
}

export const metricOf = ({ byKey }: MetricIndex, id: string, model: string): Metric | undefined =>
  byKey.get(key(id, model));

/** 'fnr@clean[skin_tone=darker]' → 'fnr@clean'. */
export const withoutGroup = (id: string): string => id.replace(/\[.*\]$/s, '');
