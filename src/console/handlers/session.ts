import type { AccessControl } from './access/access.js';
import type { Handler } from './api-server.js';

interface SessionHandlers {
  readonly getSession: Handler<'getSession'>;
  readonly signIn: Handler<'signIn'>;
  readonly signOut: Handler<'signOut'>;
}

export function sessionHandlers(access: AccessControl): SessionHandlers {
  return {
    getSession: (_input, { visitor }) => access.describe(visitor),
    signIn: ({ body }, call) => {
      call.headers['set-cookie'] = access.signIn(body.key, call.bindings);
      return { signedIn: true, mayAct: true, keyConfigured: true };
    },
    signOut: (_input, call) => {
      call.headers['set-cookie'] = access.signOut(call.visitor, call.bindings);
      return access.describe({ kind: 'guest' });
    },
  };
}
