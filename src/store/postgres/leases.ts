import type { AnnouncedAgent, ClusterView } from '../cluster-store.js';
import type { Lease } from '../store.js';
import type { Connections } from './connections.js';
import type { Statements } from './statements.js';

interface Looked {
  readonly agents: ClusterView['agents'];
  readonly leases: ClusterView['leases'];
}

/** Leases and announcements, on a connection of their own. */
export class PostgresLeases {
  readonly #connections: Connections;
  readonly #statements: Statements;

  constructor(connections: Connections, statements: Statements) {
    this.#connections = connections;
    this.#statements = statements;
  }

  /** Undefined while somebody holds the lease, whoever it is. */
  async take(name: string, holder: string, seconds: number): Promise<Lease | undefined> {
    const [row] = await this.#query<{ token: string }>(this.#statements.takeLease, [name, holder, seconds]);
    if (!row) return undefined;
    const token = Number(row.token);
    const { renewLease, releaseLease } = this.#statements;
    return {
      name,
      token,
      renew: async () => (await this.#query(`${renewLease} RETURNING token`, [name, token, seconds])).length > 0,
      release: async () => void (await this.#query(releaseLease, [name, token])),
    };
  }

  async announce(agent: AnnouncedAgent, seconds: number): Promise<void> {
    const { id, name, version, address, leaving } = agent;
    await this.#query(this.#statements.announce, [id, name, version, address, leaving, seconds]);
  }

  async withdraw(id: string): Promise<void> {
    await this.#query(this.#statements.withdraw, [id]);
  }

  async look(): Promise<ClusterView> {
    const [row] = await this.#query<Looked>(this.#statements.look);
    return { agents: row?.agents ?? [], leases: row?.leases ?? [] };
  }

  #query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#connections.query<Row>(text, values, 'leases');
  }
}
