import { checkOptions, rejectOption } from '../check-options.ts';
import type { OptionNames } from '../options-problem.ts';
import { type PanelDefinition, panelRows } from './grafana-panels.ts';

/** Options of {@link grafanaDashboard}. */
export interface GrafanaDashboardOptions {
  /** @defaultValue 'Fairlead' */
  readonly title?: string;
  /**
   * Identifier in the dashboard's address, 1 to 40 letters, digits, `-` and `_`; an import replaces the dashboard that has it.
   * @defaultValue 'fairlead'
   */
  readonly uid?: string;
}

/** Panel of Grafana, or the heading of some. */
export interface GrafanaPanel {
  readonly id: number;
  readonly type: 'timeseries' | 'row';
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  /** Expressions and the names of their curves; a heading has none. */
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
  readonly [name: string]: unknown;
}

/** Dashboard in Grafana's JSON model: import it, or write it to a folder that Grafana provisions dashboards from. */
export interface GrafanaDashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly GrafanaPanel[];
  readonly [name: string]: unknown;
}

const optionNames: OptionNames<GrafanaDashboardOptions> = { title: 'optional', uid: 'optional' };
const datasource = { type: 'prometheus', uid: '${datasource}' };
/** Columns of Grafana's grid, of which a panel takes a third. */
const GRID = 24;
const PANEL = { w: 8, h: 8 };

/**
 * Returns a dashboard of Grafana with the metrics of this package, for a data source Prometheus; data source and models are chosen
 * at its top.
 *
 * Source: https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { grafanaDashboard } from '@fairlead/monitoring/dashboards';
 *
 * const { title, panels } = grafanaDashboard({ title: 'Shop', uid: 'shop' });
 * console.log(title, panels[1]?.title); // Shop Requests
 * ```
 */
export function grafanaDashboard(options: GrafanaDashboardOptions = {}): GrafanaDashboard {
  const { title = 'Fairlead', uid = 'fairlead' } = checkOptions(
    'grafanaDashboard',
    options,
    optionNames,
  );
  if (typeof title !== 'string' || title.trim() === '') rejectOption('title', 'a text', title);
  if (typeof uid !== 'string' || !/^[\w-]{1,40}$/.test(uid)) {
    rejectOption('uid', '1 to 40 letters, digits, - and _', uid);
  }
  return {
    uid,
    title,
    tags: ['fairlead'],
    schemaVersion: 39,
    editable: true,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [datasourceVariable, modelVariable] },
    panels: layOut(),
  };
}

const datasourceVariable = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
};

const modelVariable = {
  name: 'model',
  label: 'Model',
  type: 'query',
  datasource,
  query: { query: 'label_values(nv_inference_request_success, model)', refId: 'models' },
  // At each change of the time range: models come and go.
  refresh: 2,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
};

function layOut(): readonly GrafanaPanel[] {
  const panels: GrafanaPanel[] = [];
  let y = 0;
  for (const row of panelRows) {
    const gridPos = { x: 0, y, w: GRID, h: 1 };
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos,
    });
    y += 1;
    const perLine = GRID / PANEL.w;
    for (const [index, definition] of row.panels.entries()) {
      const line = Math.floor(index / perLine);
      const position = { x: (index % perLine) * PANEL.w, y: y + line * PANEL.h, ...PANEL };
      panels.push(panel(panels.length + 1, definition, position));
    }
    y += Math.ceil(row.panels.length / perLine) * PANEL.h;
  }
  return panels;
}

function panel(
  id: number,
  { title, description, unit, curves }: PanelDefinition,
  gridPos: GrafanaPanel['gridPos'],
): GrafanaPanel {
  return {
    ...{ id, type: 'timeseries', title, description, datasource, gridPos },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: Object.entries(curves).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      expr,
      legendFormat,
    })),
  };
}
