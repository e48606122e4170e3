import { unauthorized } from '../answers/service-error.js';
import type { Policy, Right } from './policies.js';
import { covers, isExpired, isSignedBy, parseSasToken, type SasToken } from './sas-token.js';

export interface GatekeeperOptions {
  readonly hostName: string;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly nowMs: () => number;
}

/** Checks tokens of policies, for the service API and for devices that connect with such a token. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly hostNames: readonly string[];

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.hostNames = namesOfHost(options.hostName);
  }

  /**
   * Authorizes a service request.
   * @param authorization the unchanged header.
   * @param path the decoded path of the request, with its leading slash.
   * @throws ServiceError IotHubUnauthorizedAccess, whose text contains nothing that an unauthorized caller may not know.
   */
  authorize(authorization: string | undefined, path: string, right: Right | 'owner'): void {
    const token = authorization === undefined ? undefined : parseSasToken(authorization);
    if (!token) throw unauthorized('Unauthorized: a SharedAccessSignature is required.');
    const policy = this.policyOf(token, path);
    const rights: readonly Right[] =
      right === 'owner' ? ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'] : [right];
    if (!policy || !rights.every((one) => policy.rights.includes(one))) throw unauthorized();
  }

  /** The policy that signed the token, if the token is valid for `path` now. */
  policyOf(token: SasToken, path: string): Policy | undefined {
    const policy = token.skn === undefined ? undefined : this.#options.policies.get(token.skn);
    if (!policy || !isSignedBy(token, policy)) return undefined;
    if (isExpired(token, this.#options.nowMs()) || !covers(token, this.hostNames, path)) return undefined;
    return policy;
  }
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** A hub with a loopback name accepts all loopback names; any other name is accepted alone. */
const namesOfHost = (hostName: string): readonly string[] =>
  LOOPBACK_NAMES.includes(hostName.toLowerCase()) ? LOOPBACK_NAMES : [hostName];
