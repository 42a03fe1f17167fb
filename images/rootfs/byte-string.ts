/**
 * Names in an image are bytes, not text. A byte string holds them one character a byte: it compares as the bytes do,
 * serves as a map's key, and turns back into the very same bytes.
 */
export type ByteString = string;

export function byteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

export function bytesOf(name: ByteString): Buffer {
  return Buffer.from(name, 'latin1');
}

/** The name for a person: UTF-8, control characters escaped, long ones cut. */
export function printable(name: ByteString): string {
  const text = bytesOf(name.slice(0, 200)).toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal must not receive
  const escaped = text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, escapeCharacter);
  return name.length > 200 ? `${escaped}…` : escaped;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
