import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { frameVectors, withoutStrays } from '../support/codec/vectors.js';

const COMMAND = join(__dirname, '..', '..', 'bin', 'twx-iothub.js');

const frames = (args: readonly string[], input: string) =>
  spawnSync(process.execPath, [COMMAND, 'frames', ...args], { input, encoding: 'utf8' });

describe('twx-iothub frames, as a process', () => {
  it('decode | encode returns every frame of other software, except for stray bytes', () => {
    const vectors = frameVectors();
    const decoded = frames(['decode', '--show-secrets'], vectors.map(({ hex }) => hex).join('\n'));
    expect(decoded).toMatchObject({ status: 0, stderr: '' });
    const encoded = frames(['encode'], decoded.stdout);
    expect(encoded).toMatchObject({ status: 0, stderr: '' });
    expect(encoded.stdout.trimEnd().split('\n')).toEqual(vectors.map(withoutStrays));
  });

  it('ends with 1 after a frame that cannot be read, and with 2 after wrong usage', () => {
    expect(frames(['decode'], '0103\n0140000000140a0b0c0d010203040000ff\n')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^\{"error":\{"code":"FrameTruncated".*\}\}\n\{"version":1,.*\}\n$/),
    });
    expect(frames(['decode', '--nonsense'], '')).toMatchObject({ status: 2, stdout: '' });
  });
});
