import { z } from 'zod';

/** Text of one value. */
export const text = z.string().min(1, 'must not be empty').max(4096);
/** Path of a file or folder. */
export const file = z.string().min(1, 'must not be empty').max(4096);

/** Marks a value that is never printed or logged. */
export const SECRET = { 'x-secret': true } as const;
/** Marks a value that names a secret file. */
export const SECRET_FILE = { 'x-secretFile': true } as const;
