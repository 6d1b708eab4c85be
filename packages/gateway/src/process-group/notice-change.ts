import type { NoticeCondition, NoticeSubject } from '@fairlead/monitoring';

/** Change of a condition that notices are sent for, in one process: a call of a `Notifier` as data. */
export type NoticeChange =
  | { readonly type: 'report'; readonly condition: NoticeCondition; readonly count: number }
  | {
      readonly type: 'resolve';
      readonly subject: NoticeSubject & Partial<Pick<NoticeCondition, 'summary'>>;
    }
  | { readonly type: 'resolveShared'; readonly condition: NoticeCondition }
  | { readonly type: 'forget'; readonly subject: NoticeSubject };
