/** A twin, a module twin or the row of a device in a job, as JSON. Its members may be computed when they are read. */
export type QueryDocument = Readonly<Record<string, unknown>>;

/**
 * The fields that the service defines, under the names used in responses. At the top level of a query their case
 * does not matter (devguide-query-language); all other names are case-sensitive.
 */
const SYSTEM_FIELDS = (
  'deviceId moduleId etag deviceEtag status statusReason statusUpdateTime connectionState lastActivityTime ' +
  'cloudToDeviceMessageCount authenticationType x509Thumbprint modelId version tags properties capabilities ' +
  'deviceScope parentScopes configurations connectionStateUpdatedTime generationId ' +
  'jobId jobType startTimeUtc endTimeUtc createdDateTimeUtc lastUpdatedDateTimeUtc outcome error'
).split(' ');

const CANONICAL_NAMES: ReadonlyMap<string, string> = new Map(SYSTEM_FIELDS.map((name) => [name.toLowerCase(), name]));

/** Returns the name of a top-level field in the letter case that documents use. */
export function canonicalName(name: string): string {
  return CANONICAL_NAMES.get(name.toLowerCase()) ?? name;
}

/** Creates a function that follows a path through a document and returns undefined where the path ends. */
export function compilePath(segments: readonly (string | number)[]): (document: QueryDocument) => unknown {
  const first = canonicalName(String(segments[0]));
  const isSystemField = CANONICAL_NAMES.has(first.toLowerCase());
  // System fields may come from getters of a class; no other name may reach a prototype.
  const top = (document: QueryDocument): unknown =>
    isSystemField || Object.hasOwn(document, first) ? document[first] : undefined;
  const rest = segments.slice(1);
  if (rest.length === 0) return top;
  return (document) => {
    let value = top(document);
    for (const segment of rest) {
      value = member(value, segment);
      if (value === undefined) return undefined;
    }
    return value;
  };
}

function member(value: unknown, segment: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return typeof segment === 'number' ? (value[segment] as unknown) : undefined;
  return Object.hasOwn(value, segment) ? (value as Record<string, unknown>)[segment] : undefined;
}
