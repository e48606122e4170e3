import { afterEach, describe, expect, it } from '@jest/globals';
import { EdgeClient } from '../../../src/edge/edge-client.js';
import { SocketPlatform } from '../../support/edge/socket-platform.js';
import { echoThing } from '../../support/edge/things.js';

const FRAMES = 300_000;

let platform: SocketPlatform | undefined;
let client: EdgeClient | undefined;

afterEach(async () => {
  await client?.close();
  await platform?.kill();
});

describe('a flood of tiny messages', () => {
  it.each([
    ['frames that cannot be read', 0x82],
    ['texts', 0x81],
  ])('of %s does not block the event loop', async (_what, opcode) => {
    platform = await SocketPlatform.start();
    let frames = 0;
    client = new EdgeClient({
      url: platform.url,
      appKey: 'the-key',
      allowInsecure: true,
      instruments: {
        count: (name) => {
          if (name === 'alwayson_unreadable_frames_total') frames += 1;
        },
        observe: () => undefined,
        gauge: () => undefined,
      },
    });
    client.addThing(echoThing());
    await client.start();
    // WebSocket messages of three bytes from the server, which are not masked (RFC 6455, section 5.2).
    const [socket] = platform.sockets;
    socket?.write(Buffer.alloc(5 * FRAMES, Buffer.from([opcode, 3, 0x31, 0x33, 0x37])));
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const answer = await platform.end.invoke('Thing1', 'Echo', { text: 'behind the flood' });
    isOver = true;
    expect(answer.code).toBe(0x40);
    expect(frames).toBe(opcode === 0x82 ? FRAMES : 0);
    // Node.js reads 64 KiB at once, which are 13,108 messages.
    expect(turns).toBeGreaterThan(FRAMES / 13_108 / 1.5);
  });
});
