import { hostNameFault } from '../core/addresses.js';

/** The parts of the connection string of a shared access policy. */
export interface ConnectionStringParts {
  readonly hostName: string;
  readonly policy: string;
  /** Base64. */
  readonly key: string;
}

/** The parts, or why the text is invalid: a predicate such as `lacks SharedAccessKey`, which never repeats the text. */
export type Read<T> = { readonly ok: true; readonly parts: T } | { readonly ok: false; readonly fault: string };

const FIELDS = ['HostName', 'SharedAccessKeyName', 'SharedAccessKey'] as const;
const FORM = 'the form is HostName=...;SharedAccessKeyName=...;SharedAccessKey=...';

/**
 * Reads `HostName=...;SharedAccessKeyName=...;SharedAccessKey=...` as people paste it: names in any case and order, blanks
 * and line ends around parts, quotes around the whole. Used by the check of the configuration and by the hub.
 */
export function readConnectionString(text: string): Read<ConnectionStringParts> {
  const bare = withoutQuotes(text);
  const fields = fieldsOf(bare, ';');
  if (isHalfQuoted(bare)) return refused('has a quotation mark at one end only');
  const repeated = FIELDS.find((name) => (fields.get(name.toLowerCase())?.length ?? 0) > 1);
  if (repeated !== undefined) return refused(`has ${repeated} more than once`);
  if (fields.has('deviceid')) return refused('is the connection string of a device, not of a policy of the hub');
  if (fields.has('endpoint')) {
    return refused('is the connection string of an Event Hubs endpoint, not of a policy of the hub');
  }
  const [hostName = '', policy = '', key = ''] = FIELDS.map((name) => fields.get(name.toLowerCase())?.[0] ?? '');
  const missing = FIELDS.filter((_name, index) => ![hostName, policy, key][index]);
  const faults = [
    ...(missing.length > 0 ? [`lacks ${missing.join(', ')}; ${FORM}`] : []),
    ...partsFaults({ hostName, policy, key }),
  ];
  return faults.length === 0 ? { ok: true, parts: { hostName, policy, key } } : refused(faults.join('. It also '));
}

/** All faults of the parts that are there. */
function partsFaults({ hostName, policy, key }: ConnectionStringParts): string[] {
  const faults: string[] = [];
  const hostFault = hostName === '' ? undefined : hostNameFault(hostName);
  if (hostFault !== undefined) {
    const remedy = hostFault.includes('port') ? '; set `address` for another port' : '';
    faults.push(`has a HostName that is not a bare host name: ${hostFault}${remedy}`);
  }
  if (/[\s\p{C}]/u.test(policy)) faults.push('has a SharedAccessKeyName with a blank or an invisible character');
  if (key !== '' && !BASE64.test(key))
    faults.push('has a SharedAccessKey that is not base64; copy it again, whole and with the = at its end');
  return faults;
}

const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{4}|[A-Za-z\d+/]{3}=|[A-Za-z\d+/]{2}==)$/;

/** The parts of a SAS token. */
export interface SasTokenParts {
  readonly hostName: string;
  /** The token as a header carries it. */
  readonly token: string;
}

const TOKEN_FORM = '"SharedAccessSignature sr=...&sig=...&skn=...&se=..."';

/** Reads a SAS token for the whole hub; blanks and quotes around it are removed. */
export function readSasToken(text: string): Read<SasTokenParts> {
  const bare = withoutQuotes(text);
  const rest = /^SharedAccessSignature\s+(.*)$/s.exec(bare)?.[1];
  if (rest === undefined) return refused('must begin with "SharedAccessSignature sr="');
  const fields = fieldsOf(rest, '&');
  const [resource = '', signature, expiry] = ['sr', 'sig', 'se'].map((name) => fields.get(name)?.[0]);
  const missing = ['sr', 'sig', 'se'].filter((name) => !fields.get(name)?.[0]);
  if (missing.length > 0) return refused(`lacks ${missing.join(', ')}; the form is ${TOKEN_FORM}`);
  if (/\s/.test(rest)) return refused('has a blank or line end inside; copy it again');
  if (!/^\d{1,12}$/.test(expiry ?? '') || signature === undefined) {
    return refused('has an expiry (se) that is not a time in seconds');
  }
  const [hostName = '', ...path] = decoded(resource).split('/');
  if (path[0] === 'devices') return refused('is the token of a device, not of a policy of the hub');
  const hostFault = hostNameFault(hostName);
  if (hostFault !== undefined)
    return refused(`has a resource (sr) that is not the bare host name of a hub: ${hostFault}`);
  return { ok: true, parts: { hostName, token: `SharedAccessSignature ${rest}` } };
}

const refused = (fault: string): { readonly ok: false; readonly fault: string } => ({ ok: false, fault });

const QUOTES = [`""`, `''`, '``', '\u201c\u201d', '\u2018\u2019', '\u00ab\u00bb'] as const;

/** Removes blanks, line ends and quotes around a string, as shells, JSON and word processors add them. */
function withoutQuotes(text: string): string {
  const bare = text.trim();
  const isQuoted = QUOTES.some(
    (pair) => bare.length > 1 && bare.startsWith(pair.charAt(0)) && bare.endsWith(pair.charAt(1)),
  );
  return isQuoted ? bare.slice(1, -1).trim() : bare;
}

const isHalfQuoted = (text: string): boolean => /^["'`\u201c\u2018]|["'`\u201d\u2019]$/u.test(text);

/** Returns the values of `A=1;B=2` by name in lower case; a value may contain `=`. */
function fieldsOf(text: string, separator: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (const part of text.split(separator)) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return fields;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
