export const SHORTEST_PASSWORD = 10;

/** What is wrong with a new password, or null. The length counts, nothing else: rules for signs make worse passwords. */
export function passwordProblem(password: string): string | null {
  // Characters as people count them, not UTF-16 units.
  const length = Array.from(password).length;
  if (length >= SHORTEST_PASSWORD) return null;
  return length === 0 ? "Enter a password." : `At least ${SHORTEST_PASSWORD} characters; this has ${length}.`;
}

export function repeatProblem(password: string, again: string): string | null {
  return password === again ? null : "The two passwords differ.";
}
