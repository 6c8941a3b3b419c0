/** zod's own sentences, where a schema gives none of ours, as what would be right. */
const SENTENCES: readonly (readonly [RegExp, (...parts: readonly string[]) => string])[] = [
  [/^Too small: expected \w+ to have >=1 \w+$/, () => 'must not be empty'],
  [/^Invalid discriminator value\. Expected (.+)$/, (options = '') => `must be one of ${unquoted(options)}`],
  [/^Invalid input: expected (.+), received undefined$/, (expected = '') => `is required: ${named(expected)}`],
  [
    /^Invalid input: expected (.+), received (.+)$/,
    (expected = '', got = '') => `must be ${named(expected)}, not ${named(got)}`,
  ],
  [/^Invalid (?:option|input): expected one of (.+)$/, (options = '') => `must be one of ${unquoted(options)}`],
  [/^Invalid input: expected (.+)$/, (expected = '') => `must be ${unquoted(expected)}`],
  [
    /^Too small: expected \w+ to have >=?(\d+) (\w+)$/,
    (least = '', unit = '') => `must have at least ${least} ${unit}`,
  ],
  [/^Too big: expected \w+ to have <=?(\d+) (\w+)$/, (most = '', unit = '') => `must have at most ${most} ${unit}`],
  [
    /^Too small: expected \w+ to be (>=?)\s?(\S+)$/,
    (sign, least = '') => `must be ${sign === '>' ? 'above' : 'at least'} ${least}`,
  ],
  [
    /^Too big: expected \w+ to be (<=?)\s?(\S+)$/,
    (sign, most = '') => `must be ${sign === '<' ? 'below' : 'at most'} ${most}`,
  ],
  [/^Invalid (UUID|URL|email address|ISO date|ISO datetime)$/, (what = '') => `must be a valid ${what}`],
];

/** What a person can mend a request by: our sentence as it is, zod's in our words. */
export function inOurWords(message: string): string {
  for (const [pattern, say] of SENTENCES) {
    const found = pattern.exec(message);
    if (found) return say(...found.slice(1));
  }
  return message;
}

/** `object` → `an object`; `undefined` and `null` are nothing to count. */
function named(type: string): string {
  if (type === 'undefined') return 'nothing';
  if (type === 'null' || type === 'NaN') return type;
  return `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type === 'record' ? 'object' : type}`.replace(
    /^a object/,
    'an object',
  );
}

function unquoted(options: string): string {
  return options.replaceAll(/["' ]/g, '').split('|').join(', ');
}
