/** What SEPA lets through (third-parties.md 3.5). */
const BASIC = /^[A-Za-z0-9/\-?:().,'+ ]*$/;
const ONE_BASIC = /[A-Za-z0-9/\-?:().,'+ ]/;

/** Letters that do not come apart into a basic one and a mark. */
// prettier-ignore
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', ð: 'd', Ð: 'D', þ: 'th', Þ: 'TH',
  đ: 'd', Đ: 'D', ł: 'l', Ł: 'L', ħ: 'h', Ħ: 'H', ı: 'i', ŋ: 'n', Ŋ: 'N', ŧ: 't', Ŧ: 'T', ĸ: 'k',
};

/** The EPC's conversion table for punctuation, and what word processors make of quotes and dashes. */
// prettier-ignore
const SIGNS: Readonly<Record<string, string>> = {
  '!': '.', '"': '.', '#': '.', $: '.', '%': '.', '&': '+', '*': '.', ';': ',', '<': '.', '=': '.', '>': '.',
  '@': '.', '[': '(', '\\': '/', ']': ')', '^': '.', _: '-', '`': "'", '{': '(', '|': '/', '}': ')', '~': '-',
  '‘': "'", '’': "'", '‚': ',', '“': "'", '”': "'", '„': "'", '«': "'", '»': "'", '–': '-', '—': '-', '−': '-',
  '€': 'E', '£': '.', '§': '.', '°': '.', '·': '.', '•': '.', '…': '...', '\t': ' ', '\n': ' ', '\r': ' ',
};

// ISO 9 and ELOT 743 without their marks, letter for letter.
const GREEK = 'αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo';
const CYRILLIC =
  'аa бb вv гg дd еe ёe жzh зz иi йy кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ ыy ь эe юyu яya іi їyi єye ґg';
const ALPHABETS = new Map(
  `${GREEK} ${CYRILLIC}`.split(' ').map((pair) => [[...pair][0] ?? '', pair.slice(([...pair][0] ?? '').length)]),
);

/**
 * Writes a text with SEPA's basic characters: `Jürgen Weiß & Søn` → `Jurgen Weiss + Son`. White space is narrowed.
 * Characters for which there is no such writing come back in `left`, as they were.
 */
export function sepaText(text: string): { readonly text: string; readonly left: readonly string[] } {
  const left: string[] = [];
  const written = [...text.normalize('NFC')].map((character) => {
    const basic = basicOf(character);
    if (basic === undefined) left.push(character);
    return basic ?? '';
  });
  return { text: written.join('').replaceAll(/ {2,}/g, ' ').trim(), left };
}

export function isSepaText(text: string): boolean {
  return BASIC.test(text);
}

function basicOf(character: string): string | undefined {
  if (ONE_BASIC.test(character)) return character;
  const known = LETTERS[character] ?? SIGNS[character];
  if (known !== undefined) return known;
  // é → e and a combining accent, which goes; ﬁ → fi.
  const apart = character.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  if (apart !== '' && BASIC.test(apart)) return apart;
  const lower = apart.toLowerCase();
  const letter = ALPHABETS.get(lower);
  if (letter === undefined) return /^\s$/u.test(character) ? ' ' : undefined;
  return lower === apart ? letter : letter.slice(0, 1).toUpperCase() + letter.slice(1);
}
