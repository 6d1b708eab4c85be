export type { ResolveAll } from './addresses/checked-lookup.ts';
export { DeliverySlots } from './delivery-slots.ts';
export type { DeliverySlotsOptions, PlannedDelivery } from './delivery-slots.ts';
export { WebhookError } from './webhook-error.ts';
export type { WebhookErrorCode } from './webhook-error.ts';
export { WebhookSender } from './webhook-sender.ts';
export type { DeliveryResult, WebhookSenderOptions } from './webhook-sender.ts';
