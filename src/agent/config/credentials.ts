/** The parts of `A=1;B=2`; a value may hold `=`. */
function partsOf(text: string, separator: string): Map<string, string> {
  const parts = text.split(separator).filter((part) => part !== '');
  return new Map(
    parts.map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    }),
  );
}

const HUB_FIELDS = ['HostName', 'SharedAccessKeyName', 'SharedAccessKey'] as const;

/** What is wrong with the connection string of a hub; never tells any of its content. */
export function connectionStringFault(text: string): string | undefined {
  const parts = partsOf(text, ';');
  if (parts.has('DeviceId')) return 'is the connection string of a device, not of a policy of the hub';
  const missing = HUB_FIELDS.filter((field) => !parts.get(field));
  if (missing.length === 0) return undefined;
  return `lacks ${missing.join(', ')}; the form is HostName=...;SharedAccessKeyName=...;SharedAccessKey=...`;
}

/** What is wrong with a SAS token; never tells any of its content. */
export function sasTokenFault(text: string): string | undefined {
  if (!text.startsWith('SharedAccessSignature ')) return 'must begin with "SharedAccessSignature sr="';
  const fields = partsOf(text.slice('SharedAccessSignature '.length), '&');
  const missing = ['sr', 'sig', 'se'].filter((field) => !fields.get(field));
  return missing.length === 0 ? undefined : `lacks ${missing.join(', ')}`;
}
