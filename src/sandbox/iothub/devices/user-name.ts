/** What a device sends as the user name of its CONNECT: `<host>/<client id>/?api-version=...`. */
export interface DeviceUserName {
  /** As sent, with its port if there is one. */
  readonly host: string;
  /** Old firmware leaves it out: then the service accepts the connection, but serves no twin requests. */
  readonly apiVersion?: string;
  /** The IoT Plug and Play model, if it announces one. */
  readonly modelId?: string;
}

const API_VERSION = /^\d{4}-\d{2}-\d{2}(?:-[a-z]+)?$/;

/** Reads the user name of the client `clientId`; `undefined` when it is another client's, or its api-version is no date. */
export function readUserName(userName: string, clientId: string): DeviceUserName | undefined {
  const slash = userName.indexOf('/');
  const host = userName.slice(0, Math.max(0, slash));
  const rest = userName.slice(slash + 1);
  if (host === '' || !`${rest}/`.startsWith(`${clientId}/`)) return undefined;
  // A device id may hold a question mark, so the query is found by the length of the client id.
  const query = new URLSearchParams(rest.slice(clientId.length + 1).replace(/^\?/, ''));
  const apiVersion = query.get('api-version');
  if (apiVersion !== null && !API_VERSION.test(apiVersion)) return undefined;
  const modelId = query.get('model-id');
  return { host, ...(apiVersion === null ? {} : { apiVersion }), ...(modelId === null ? {} : { modelId }) };
}
