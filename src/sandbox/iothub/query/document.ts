/** A twin, a module twin or a device's part in a job, as JSON. May be an object whose members are made when read. */
export type QueryDocument = Readonly<Record<string, unknown>>;

/**
 * The fields that the service itself gives, under the names that answers use. At the top level of a query their case
 * does not matter (devguide-query-language); anything else keeps its own.
 */
const SYSTEM_FIELDS = (
  'deviceId moduleId etag deviceEtag status statusReason statusUpdateTime connectionState lastActivityTime ' +
  'cloudToDeviceMessageCount authenticationType x509Thumbprint modelId version tags properties capabilities ' +
  'deviceScope parentScopes configurations connectionStateUpdatedTime generationId ' +
  'jobId jobType startTimeUtc endTimeUtc createdDateTimeUtc lastUpdatedDateTimeUtc outcome error'
).split(' ');

const CANONICAL_NAMES: ReadonlyMap<string, string> = new Map(SYSTEM_FIELDS.map((name) => [name.toLowerCase(), name]));

/** The name of a top-level field as documents have it. */
export function canonicalName(name: string): string {
  return CANONICAL_NAMES.get(name.toLowerCase()) ?? name;
}

/** Makes the function that follows a path through documents; it answers `undefined` where there is nothing. */
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
