/** Name of the variant that gets all traffic which no candidate gets. */
export const BASELINE = 'baseline';
/** Name of the variant under trial. */
export const CANDIDATE = 'candidate';
