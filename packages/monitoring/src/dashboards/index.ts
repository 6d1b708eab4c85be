export { cloudWatchAlarms } from './cloudwatch-alarms.ts';
export type {
  AlarmHosts,
  AlarmLoadBalancer,
  CloudWatchAlarm,
  CloudWatchAlarmsOptions,
} from './cloudwatch-alarms.ts';
export { cloudWatchDashboard } from './cloudwatch-dashboard.ts';
export type {
  CloudWatchDashboard,
  CloudWatchDashboardOptions,
  CloudWatchWidget,
} from './cloudwatch-dashboard.ts';
export type { CloudWatchSource } from './cloudwatch-source.ts';
export { grafanaDashboard } from './grafana-dashboard.ts';
export type {
  GrafanaDashboard,
  GrafanaDashboardOptions,
  GrafanaPanel,
} from './grafana-dashboard.ts';
export { prometheusRules } from './prometheus-rules.ts';
export type {
  PrometheusAlertRule,
  PrometheusRuleGroup,
  PrometheusRules,
  PrometheusRulesOptions,
} from './prometheus-rules.ts';
