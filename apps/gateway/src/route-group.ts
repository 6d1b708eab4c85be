/** The group that a path counts for in the metrics; a few fixed words, whatever clients ask for. */
export function routeGroup(path: string): string | undefined {
  if (path === '/') return 'home';
  if (path === '/metrics') return 'metrics';
  if (path.startsWith('/v2/health/')) return 'health';
  if (path.startsWith('/v2/models/')) return path.endsWith('/infer') ? 'infer' : 'model';
  return undefined;
}
