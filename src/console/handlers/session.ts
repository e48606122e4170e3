import type { AccessControl } from '../access/access.js';
import type { Handlers } from '../api-server.js';

export function sessionHandlers(access: AccessControl): Pick<Handlers, 'getSession' | 'signIn' | 'signOut'> {
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
