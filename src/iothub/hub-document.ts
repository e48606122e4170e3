/** A JSON object as the hub sent it. Its fields have not been checked. */
export type HubDocument = Readonly<Record<string, unknown>>;
