// Keys begin with a byte that says what they are of; numbers are big-endian, so that entries stand in their order.
const CHANNELS = 1;
const NAME = 2;
const STATE = 3;
const LIFE = 4;
const ENTRY = 5;
const ID = 6;

const CHANNEL_AT = 1;
const OFFSET_AT = 5;
const OFFSET_BYTES = 6;

/** Stands for the list of channels, where one of them is asked for. */
export const CHANNEL_LIST = 0;

/** The key whose version changes with every change of the channel: its state. */
export function guardKey(channel: number): Buffer {
  return channel === CHANNEL_LIST ? Buffer.of(CHANNELS) : stateKey(channel);
}

export function stateKey(channel: number): Buffer {
  return channelKey(STATE, channel);
}

export function lifeKey(channel: number): Buffer {
  return channelKey(LIFE, channel);
}

/** The key of a block, by its last entry. */
export function blockKey(channel: number, offset: number): Buffer {
  const found = Buffer.alloc(OFFSET_AT + OFFSET_BYTES);
  found[0] = ENTRY;
  found.writeUInt32BE(channel, CHANNEL_AT);
  found.writeUIntBE(offset, OFFSET_AT, OFFSET_BYTES);
  return found;
}

/** The offset in the key of a block. */
export function offsetIn(at: Uint8Array): number {
  return Buffer.from(at.buffer, at.byteOffset, at.length).readUIntBE(OFFSET_AT, OFFSET_BYTES);
}

/** The key of an ID of the publisher's own, of 512 characters at most: 1 029 bytes. */
export function idKey(channel: number, id: string): Buffer {
  return channelKey(ID, channel, id);
}

/** The key of a channel's name. UTF-16, so that no two names become the same; 512 bytes at most. */
export function nameKey(name: string): Buffer {
  return Buffer.concat([Buffer.of(NAME), Buffer.from(name, "utf16le")]);
}

function channelKey(kind: number, channel: number, id = ""): Buffer {
  const found = Buffer.alloc(CHANNEL_AT + 4 + id.length * 2);
  found[0] = kind;
  found.writeUInt32BE(channel, CHANNEL_AT);
  found.write(id, CHANNEL_AT + 4, "utf16le");
  return found;
}
