export { fileCursor } from './event-cursor.ts';
export type { EventCursor } from './event-cursor.ts';
export { forwardEvents, forwardPending } from './forward-events.ts';
export type { EventSender, ForwardNotice, ForwardOptions } from './forward-options.ts';
