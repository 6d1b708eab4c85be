/** Fallback of a model that can't answer: another served model, or its previous version. */
export type Fallback = 'previous-version' | { readonly model: string };
