/** `0199…:off` → `off`. */
export function readReferenceLeg(reference: string): string {
  return reference.slice(reference.lastIndexOf(':') + 1);
}
