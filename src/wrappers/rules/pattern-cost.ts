/** What is known of a group of a pattern while it is read. */
interface Group {
  /** It, or something in it, repeats without bound. */
  repeats: boolean;
  /** The alternative that is being read has a part that stands exactly once. */
  isAnchored: boolean;
  /** So had all alternatives before it. */
  wereAnchored: boolean;
}

const newGroup = (): Group => ({ repeats: false, isAnchored: false, wereAnchored: true });

/**
 * Whether a pattern repeats a group without bound whose content repeats without bound and has nothing firm beside that,
 * as `(a+)+` has: there are exponentially many ways to try such a group on a text. `(\d+\.)+` is in order. A pattern is
 * read roughly: escapes and classes count as one character.
 */
export function isExponential(pattern: string): boolean {
  const plain = pattern.replaceAll(/\\u[0-9a-fA-F]{4}|\\./g, '_').replaceAll(/\[(?:[^\]]*)\]/g, '_');
  const open: Group[] = [];
  let group = newGroup();
  for (const [token, atom = '', quantifier = ''] of plain.matchAll(
    /(\((?:\?[:=!])?|[)|^$]|.)([*+?]\??|\{\d+(?:,\d*)?\}\??)?/gs,
  )) {
    if (atom.startsWith('(')) {
      open.push(group);
      group = newGroup();
    } else if (atom === '|') {
      nextAlternative(group);
    } else if (atom === ')') {
      nextAlternative(group);
      const inner = group;
      group = open.pop() ?? newGroup();
      if (isUnbounded(quantifier) && inner.repeats && !inner.wereAnchored) return true;
      note(group, quantifier, inner.wereAnchored);
      group.repeats ||= inner.repeats;
    } else if (token !== '^' && token !== '$') {
      note(group, quantifier, true);
    }
  }
  return false;
}

function nextAlternative(group: Group): void {
  group.wereAnchored &&= group.isAnchored;
  group.isAnchored = false;
}

function note(group: Group, quantifier: string, isFirm: boolean): void {
  if (isUnbounded(quantifier)) group.repeats = true;
  else if (isFirm && !/^(?:\?|\{0)/.test(quantifier)) group.isAnchored = true;
}

const isUnbounded = (quantifier: string): boolean => /^(?:[*+]|\{\d+,\})/.test(quantifier);
