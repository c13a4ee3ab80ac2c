/** The numbers of a version, as they are compared: `1.2.3.post1` is 1, 2, 3 and later than `1.2.3`. */
function parts(version: string): { readonly numbers: readonly number[]; readonly stage: number } {
  const [, numbers = '', rest = ''] = /^v?(\d+(?:\.\d+)*)(.*)$/.exec(version) ?? [];
  // before the release: .dev, a, b, rc · after it: .post · a local part after + changes nothing
  const stage = /^[._-]?post/.test(rest) ? 1 : /^[._-]?(?:dev|a|b|c|rc|alpha|beta|pre)/.test(rest) ? -1 : 0;
  return { numbers: numbers.split('.').map(Number), stage };
}

/** Compares two versions by Python's rules, as far as releases need them: negative when the first is older. */
export function compareVersions(one: string, other: string): number {
  const a = parts(one);
  const b = parts(other);
  for (let i = 0; i < Math.max(a.numbers.length, b.numbers.length); i++) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.stage - b.stage;
}

/** Whether a version is another one or newer. */
export const atLeast = (version: string, least: string): boolean => compareVersions(version, least) >= 0;

const TESTS: Readonly<Record<string, (difference: number) => boolean>> = {
  '==': (d) => d === 0,
  '!=': (d) => d !== 0,
  '>=': (d) => d >= 0,
  '<=': (d) => d <= 0,
  '>': (d) => d > 0,
  '<': (d) => d < 0,
  '~=': (d) => d >= 0,
};

/** Whether a version is one that a requirement allows: `>=1.2,<2`. What it says in a way we do not know counts as met. */
export const meets = (version: string, requirement: string): boolean =>
  requirement.split(',').every((part) => {
    const [, sign, other] = /^\s*(==|!=|>=|<=|>|<|~=)\s*([^\s*]+)\s*$/.exec(part) ?? [];
    return sign === undefined || other === undefined || TESTS[sign]!(compareVersions(version, other));
  });
