/** One character that a path takes, or any number of such. */
export interface PathItem {
  accepts: (char: string) => boolean;
  /** Characters that it accepts, such that two kinds of items that share one share one of these. */
  samples: string;
  /** Whether there may be several of them. */
  repeats?: boolean;
  /** How many items may be left out from here on. */
  optional?: number;
}

export const literal = (text: string): PathItem[] =>
  text.split('').map((samples) => ({ samples, accepts: (char) => char === samples }));

const DIGIT: PathItem = { samples: '0', accepts: (char) => /\d/.test(char) };
const SIGN: PathItem = { samples: '+-', accepts: (char) => /[+-]/.test(char) };
const ANY: PathItem = { samples: '/0+-', accepts: () => true };

/** What stands for `*`: anything within a name. */
export const withinName: PathItem = {
  samples: '0+-',
  accepts: (char) => char !== '/',
  repeats: true,
  optional: 1,
};

/** What stands below a folder. */
export const below: PathItem[] = [ANY, { ...ANY, repeats: true, optional: 1 }];

/** What the regular expression of a capture takes: digits, signs, texts, and a part that may be left out. */
export function ofForm(form: string): PathItem[] {
  return [...form.matchAll(/\\d\{(\d)\}|(\[\+-\])|\((.*?)\)\?|\\?(.)/g)].flatMap(
    ([, digits, sign, optional, text = '']) => {
      if (digits !== undefined) return Array.from({ length: Number(digits) }, () => DIGIT);
      if (sign !== undefined) return [SIGN];
      if (optional === undefined) return literal(text);
      const [first, ...rest] = ofForm(optional);
      return first ? [{ ...first, optional: rest.length + 1 }, ...rest] : [];
    },
  );
}

/** Whether there is a text that both take: both are read side by side, each place in both being looked at once. */
export function mayMeet(one: readonly PathItem[], other: readonly PathItem[]): boolean {
  const seen = new Set<number>();
  const ways: [number, number][] = [[0, 0]];
  for (let way = ways.pop(); way; way = ways.pop()) {
    const [at, otherAt] = way;
    if (at === one.length && otherAt === other.length) return true;
    const place = at * (other.length + 1) + otherAt;
    if (seen.has(place)) continue;
    seen.add(place);
    const [item, otherItem] = [one[at], other[otherAt]];
    if (item?.optional) ways.push([at + item.optional, otherAt]);
    if (otherItem?.optional) ways.push([at, otherAt + otherItem.optional]);
    if (!item || !otherItem || !share(item, otherItem)) continue;
    for (const next of item.repeats ? [at, at + 1] : [at + 1])
      for (const otherNext of otherItem.repeats ? [otherAt, otherAt + 1] : [otherAt + 1])
        ways.push([next, otherNext]);
  }
  return false;
}

const share = (one: PathItem, other: PathItem): boolean =>
  [...one.samples].some((char) => other.accepts(char)) ||
  [...other.samples].some((char) => one.accepts(char));
