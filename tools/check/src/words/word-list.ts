/** A word or phrase that is not used in this repository. */
export interface Word {
  /** Its name in messages and in the baseline. */
  readonly word: string;
  /**
   * Matches it in a text in lower case whose names are split: `versionSeal`, `VERSION_SEAL` and `version-seal` are all read as
   * `version seal`. A space stands for any white space, a line break inside of a comment included.
   */
  readonly pattern: string;
  /** Replacement. */
  readonly instead: string;
}

/**
 * Words that readers who know AWS, Node, Triton and MLflow would have to learn here, and idioms that hide the subject of a sentence.
 * A word is on the list when it was widespread, when a standard term exists, and when it has hardly any other use; `exceptions.ts`
 * holds the other uses.
 */
export const words: readonly Word[] = [
  // Coined terms in place of standard ones.
  { word: 'deed', pattern: 'deeds?', instead: 'audit context, change' },
  {
    word: 'surroundings',
    pattern: 'surroundings',
    instead: 'process I/O, dependencies, environment',
  },
  { word: 'upkeep', pattern: 'upkeep', instead: 'maintenance' },
  {
    word: 'condemn',
    pattern: 'condemn\\w*|acquit\\w*',
    instead: 'deletion notice, pending deletion',
  },
  { word: 'prove', pattern: 'prove[dns]?|proofs?', instead: 'validate, validation, check' },
  { word: 'tried out', pattern: '(?:try|tries|tried|trying) out', instead: 'validate' },
  { word: 'seal', pattern: 'seal(?:s|ed|ing)?', instead: 'digest' },
  { word: 'dialect', pattern: 'dialects?', instead: 'protocol' },
  { word: 'patience', pattern: 'patience', instead: 'retry budget, timeout' },
  { word: 'greatest', pattern: 'greatest', instead: 'maximum, largest; MAX_ in a name' },
  {
    word: 'least',
    pattern: '(?<!at )least(?! recently)',
    instead: 'minimum, smallest; MIN_ in a name',
  },
  {
    word: 'stand-in',
    pattern: '(?:stand|stands|standing|stood) in(?! the)',
    instead: 'fallback, replacement',
  },
  {
    word: 'left alone',
    pattern: '(?:leave|leaves|left) alone',
    instead: 'circuit open; not called, not changed',
  },
  { word: 'whereabouts', pattern: 'whereabouts', instead: 'location, position' },
  { word: 'happening', pattern: 'happenings?', instead: 'event' },
  { word: 'wishes', pattern: 'wish(?:es)?', instead: 'requested, options' },
  { word: 'the door', pattern: 'the door', instead: 'the listener' },
  {
    word: 'alias means',
    pattern: 'alias(?:es)? means?|means? (?:a|the|this|that|which|no) version',
    instead: 'points to',
  },
  // Verbs that no documentation of the field uses.
  { word: 'told', pattern: 'told(?! apart)', instead: 'reported to, called with, notified' },
  { word: 'tells', pattern: 'tells?(?! apart)', instead: 'reports, describes, returns' },
  {
    word: 'sees to',
    pattern: '(?:see|sees|saw|seen|seeing) to(?: it)?',
    instead: 'ensures, makes sure; cleans up',
  },
  {
    word: 'given up',
    pattern: '(?:give|gives|gave|given|giving) up',
    instead: 'timed out, abandoned, canceled; stops',
  },
  { word: 'gives way', pattern: '(?:give|gives|gave|giving) way', instead: 'is replaced' },
  {
    word: 'in the way',
    pattern: 'in the way(?! of)',
    instead: 'conflicts, already exists, blocks',
  },
  { word: 'hands on', pattern: '(?:hand|hands|handed|handing) on', instead: 'forwards, passes to' },
  {
    word: 'passes on',
    pattern: '(?:pass|passes|passed|passing) on(?! to the next)',
    instead: 'forwards',
  },
  {
    word: 'comes to',
    pattern: '(?:come|comes|came|coming) to',
    instead: 'results in, becomes, reaches',
  },
  {
    word: 'looks after',
    pattern: '(?:look|looks|looked|looking) after',
    instead: 'watches, manages',
  },
  { word: 'lets go', pattern: '(?:let|lets|letting) (?:it |them )?go', instead: 'releases' },
  {
    word: 'is gone',
    pattern: '(?:is|are|was|were|be|has|have) gone',
    instead: 'disconnected, ended, deleted',
  },
  { word: 'wants', pattern: 'wants', instead: 'needs, requires, requests; filter' },
  { word: 'asked', pattern: 'asked', instead: 'requested, called, queried' },
  { word: 'kept', pattern: 'kept', instead: 'stored, cached, retained' },
  // Idioms and pronouns in place of a subject.
  { word: 'whoever', pattern: 'whoever|whomever', instead: 'the caller, any client' },
  { word: 'nobody', pattern: 'nobody', instead: 'no client, no process; the passive' },
  { word: 'somebody', pattern: 'somebody|anybody', instead: 'another process, a client' },
  { word: 'whatever', pattern: 'whatever', instead: 'any, everything, regardless of' },
  { word: 'meanwhile', pattern: 'meanwhile', instead: 'concurrently, since then' },
  {
    word: 'of its own',
    pattern: 'of (?:its|their|his|one s|our|my|your) own',
    instead: 'separate',
  },
  { word: 'as it was written', pattern: 'as (?:it was|they were) written', instead: 'intact' },
  { word: 'just so', pattern: 'just so', instead: 'unchanged, without changes' },
  { word: 'for want of', pattern: 'for want of', instead: 'without' },
  { word: 'for ever', pattern: 'for ever', instead: 'permanently, without a limit, indefinitely' },
  { word: 'in vain', pattern: 'in vain', instead: 'without a result' },
  { word: 'anew', pattern: 'anew', instead: 'again' },
];
