// nestjs-fluxgate/alerts: transitions to Slack and to any webhook.
export type {
  Alert,
  AlertKind,
  FloodAlert,
  FloodedBreaker,
  OutageInfo,
  TransitionAlert,
  TransitionKind,
} from './alert.js';
export { AlertsListener } from './listener.js';
export {
  plainText,
  type AlertField,
  type AlertMessage,
  type AlertTemplate,
  type AlertTemplates,
} from './message.js';
export { FluxgateAlertsModule, type FluxgateAlertsAsyncOptions } from './module.js';
export type { AlertsOptions } from './options.js';
export { escapeSlack } from './slack-body.js';
export { Slack, SlackWebhook, type SlackOptions, type SlackWebhookOptions } from './slack.js';
export type { AlertBody, AlertTarget, TargetOptions } from './target.js';
export { Webhook, type WebhookOptions } from './webhook.js';
