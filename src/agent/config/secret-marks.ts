/** Marks a value that is never printed or logged. */
export const SECRET = { 'x-secret': true } as const;
/** Marks a value that names a secret file. */
export const SECRET_FILE = { 'x-secretFile': true } as const;
