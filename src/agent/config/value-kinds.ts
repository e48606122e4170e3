import { z } from 'zod';

/** Text of one value. */
export const text = z.string().min(1, 'must not be empty').max(4096);
/** Path of a file or folder. */
export const file = z.string().min(1, 'must not be empty').max(4096);
