/**
 * Time for which a list of a fleet's hosts is used again, in milliseconds: hosts that are looked up together need one. An older one is from before
 * the failure of a host that leaves.
 */
export const RECENT_LIST_MS = 250;
