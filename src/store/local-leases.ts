import { AgentError } from '../core/errors.js';
import type { Lease } from './store.js';

/** The leases of a store that one process alone can open: the one who asks gets them, until somebody else asks for them. */
export class LocalLeases {
  readonly #tokens = new Map<string, { readonly holder: string; readonly token: number }>();
  #last = 0;

  /** Undefined while another holder of the same process has it. */
  take(name: string, holder: string): Lease | undefined {
    const current = this.#tokens.get(name);
    if (current && current.holder !== holder) return undefined;
    this.#last += 1;
    const token = this.#last;
    this.#tokens.set(name, { holder, token });
    return {
      name,
      token,
      renew: async () => this.#isCurrent(name, token),
      release: async () => {
        if (this.#isCurrent(name, token)) this.#tokens.delete(name);
      },
    };
  }

  /** @throws AgentError `LeaseLost` unless the token is the current one. */
  require({ name, token }: { readonly name: string; readonly token: number }): void {
    if (!this.#isCurrent(name, token))
      throw new AgentError('LeaseLost', `The lease ${JSON.stringify(name)} has passed to somebody else.`);
  }

  #isCurrent(name: string, token: number): boolean {
    return this.#tokens.get(name)?.token === token;
  }
}
