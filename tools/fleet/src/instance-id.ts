/** Returns the id of the instance of EC2 that a host is for {@link startCloud}, by its address. */
export function instanceIdOf(address: string): string {
  const digits = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `i-${digits.join('').padStart(17, '0')}`;
}
