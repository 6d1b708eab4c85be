/** What answers in place of a model that can't: another served model, or the version that it served before. */
export type Fallback = 'previous-version' | { readonly model: string };
