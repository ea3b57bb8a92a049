// A key begins with a byte for its kind. Numbers are big-endian, so that blocks sort by channel and offset.
const CHANNELS = 1;
const NAME = 2;
const STATE = 3;
const LIFE = 4;
const BLOCK = 5;
const ID = 6;
const RING = 7;
const REMAINS = 8;
const DELETED = 9;

const CHANNEL_AT = 1;
const CHANNEL_BYTES = 4;
const OFFSET_AT = CHANNEL_AT + CHANNEL_BYTES;
const OFFSET_BYTES = 6;

/** Stands for the list of channels where a channel's number is expected. No channel has this number. */
export const CHANNEL_LIST = 0;

/** Returns the key whose version changes with every change of the channel: the key of its state. */
export function guardKey(channel: number): Buffer {
  return channel === CHANNEL_LIST ? Buffer.of(CHANNELS) : stateKey(channel);
}

export function stateKey(channel: number): Buffer {
  return channelKey(STATE, channel);
}

export function lifeKey(channel: number): Buffer {
  return channelKey(LIFE, channel);
}

/** Returns the key of the block whose last entry has this offset. */
export function blockKey(channel: number, offset: number): Buffer {
  const key = Buffer.alloc(OFFSET_AT + OFFSET_BYTES);
  key[0] = BLOCK;
  key.writeUInt32BE(channel, CHANNEL_AT);
  key.writeUIntBE(offset, OFFSET_AT, OFFSET_BYTES);
  return key;
}

/** Returns the offset in the key of a block. */
export function offsetOfKey(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(OFFSET_AT, OFFSET_BYTES);
}

/** Returns the key of a publisher's own ID. An ID has at most 512 characters, so the key has at most 1,029 bytes. */
export function idKey(channel: number, id: string): Buffer {
  return channelKey(ID, channel, id);
}

/** Returns the key that marks a deleted channel whose entries are not removed yet. */
export function remainsKey(channel: number): Buffer {
  return channelKey(REMAINS, channel);
}

/** Returns the number of the channel in the key of anything but a name. */
export function channelOfKey(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.length).readUInt32BE(CHANNEL_AT);
}

/** Returns the key of the epoch of a deleted life, by its slot. */
export function deletedKey(slot: string): Buffer {
  return Buffer.concat([Buffer.of(DELETED), Buffer.from(slot)]);
}

/**
 * Returns the key of a channel's name. It is UTF-16, so that no two names share a key. A name takes at most 512 bytes.
 */
export function nameKey(name: string): Buffer {
  return Buffer.concat([Buffer.of(NAME), Buffer.from(name, "utf16le")]);
}

/** Returns the key of a ring of commits. */
export function ringKey(ring: number): Buffer {
  return Buffer.of(RING, ring);
}

function channelKey(kind: number, channel: number, id = ""): Buffer {
  const key = Buffer.alloc(CHANNEL_AT + CHANNEL_BYTES + id.length * 2);
  key[0] = kind;
  key.writeUInt32BE(channel, CHANNEL_AT);
  key.write(id, CHANNEL_AT + CHANNEL_BYTES, "utf16le");
  return key;
}
