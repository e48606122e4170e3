import { readFile, realpath } from 'node:fs/promises';

/** What determines, beyond the mode of a file, whether this process can change it. */
export interface FileRights {
  /** Id of the effective user; undefined where there are no such ids. */
  readonly userId: number | undefined;
  isOnReadOnlyMount(file: string): Promise<boolean>;
}

/** The rights of this process. */
export const PROCESS_FILE_RIGHTS: FileRights = {
  // A file's owner is compared with the effective user, as the kernel does for chmod.
  userId: process.geteuid?.(),
  isOnReadOnlyMount: async (file) => {
    const [mountInfo, path] = await Promise.all([
      readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
      realpath(file).catch(() => file),
    ]);
    return isReadOnlyIn(mountInfo, path);
  },
};

/**
 * Whether a path is on a mount that cannot be written.
 * @param mountInfo `/proc/self/mountinfo`, see proc_pid_mountinfo(5); an empty one counts as writable.
 */
export function isReadOnlyIn(mountInfo: string, path: string): boolean {
  let nearest = { point: '', isReadOnly: false };
  for (const line of mountInfo.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , , escapedPoint = '', options = ''] = left.split(' ');
    const point = escapedPoint.replaceAll(/\\([0-7]{3})/g, (_all, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    const isAbove = point !== '' && (point === '/' || path === point || path.startsWith(`${point}/`));
    // Of two mounts on one point the later one covers the other.
    if (!isAbove || point.length < nearest.point.length) continue;
    const isReadOnly = [options, right.split(' ')[2] ?? ''].some((list) => list.split(',').includes('ro'));
    nearest = { point, isReadOnly };
  }
  return nearest.isReadOnly;
}
