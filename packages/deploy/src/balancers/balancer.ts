/**
 * Load balancer in front of the hosts of a rolling update. A host is named as the balancer knows it: server of HAProxy, or ID or address of a
 * target. `drain` and `ready` may be called for a host that is in the state already.
 */
export interface Balancer {
  /** Sends no new request to a host, and resolves once its last request has ended. Rejects when it hasn't in time. */
  drain(target: string, signal?: AbortSignal): Promise<void>;
  /** Sends requests to a host again, and resolves once the balancer finds it healthy. Rejects when it isn't in time. */
  ready(target: string, signal?: AbortSignal): Promise<void>;
  /** Returns whether it sends a host no requests because it is drained, or was never made ready; one that is unhealthy isn't drained. For plans. */
  isDrained?(target: string): Promise<boolean>;
}
