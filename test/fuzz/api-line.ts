/** A client's end of the service's socket that says anything, and judges what it hears. */
import { connect } from 'node:net';

/** No answer for so long, ms, and it ends the conversation: half of a request is never answered. */
const QUIET_MS = 25;
/** The service closes what its client ended within this, ms, or hangs. */
const HANG_MS = 30_000;

/** Sends everything at once; resolves with what came back when the connection is closed. */
export function converse(socketPath: string, bytes: Buffer, isWhole: (heard: Buffer) => boolean): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  const heard: Buffer[] = [];
  const hangs = setTimeout(() => {
    reject(new Error('the service neither answered nor closed the connection'));
    socket.destroy();
  }, HANG_MS);
  let quiet = setTimeout(() => socket.end(), QUIET_MS);
  socket.on('data', (data) => {
    heard.push(data);
    clearTimeout(quiet);
    if (isWhole(Buffer.concat(heard))) socket.destroy();
    else quiet = setTimeout(() => socket.end(), QUIET_MS);
  });
  socket.on('end', () => socket.end());
  // It broke the line, as it may: what counts is what it said before.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(hangs);
    clearTimeout(quiet);
    resolve(Buffer.concat(heard));
  });
  socket.write(bytes);
  return promise;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

/** Every whole answer in what was heard. */
export function readAnswers(heard: Buffer): HttpAnswer[] {
  const answers: HttpAnswer[] = [];
  for (let at = 0; at < heard.length; ) {
    const end = heard.indexOf('\r\n\r\n', at);
    if (end < 0) break;
    const head = heard.toString('latin1', at, end);
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
    if (status === undefined) throw new Error(`no HTTP answer: ${JSON.stringify(head.slice(0, 200))}`);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const body = { text: heard.toString('utf8', end + 4, end + 4 + length), end: end + 4 + length };
    if (body.end > heard.length) break;
    answers.push({ status: Number(status), body: body.text });
    if (status === '101') break;
    at = body.end;
  }
  return answers;
}

/** A WebSocket client's frame (RFC 6455, 5.2); the mask of zeros changes nothing. */
export function webSocketFrame(opcode: number, payload: Buffer): Buffer {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 14 : 6);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 127 : payload.length);
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** The messages of a WebSocket server, after its handshake; what is not whole is left out. */
export function readMessages(heard: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let at = heard.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= heard.length) {
    const opcode = (heard[at] as number) & 15;
    const short = (heard[at + 1] as number) & 127;
    const header = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (at + header > heard.length) break;
    const length =
      short === 126 ? heard.readUInt16BE(at + 2) : short === 127 ? Number(heard.readBigUInt64BE(at + 2)) : short;
    if (at + header + length > heard.length) break;
    if (opcode === 1 || opcode === 2) messages.push(heard.subarray(at + header, at + header + length));
    at += header + length;
  }
  return messages;
}
