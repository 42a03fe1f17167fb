/** A name server on an address of this host that knows one name: `node main.ts ADDRESS NAME IPV4`. */
import { createSocket } from 'node:dgram';

const [, , address = '', name = '', answer = ''] = process.argv;
/** An address (RFC 1035, 3.4.1). */
const A = 1;

const server = createSocket('udp4');
server.on('message', (query, from) => server.send(answerTo(query), from.port, from.address));
server.bind(53, address, () => console.log('ready'));

function answerTo(query: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const isKnown = labels.join('.') === name;
  const isFound = isKnown && query.readUInt16BE(at + 1) === A;
  const header = Buffer.from([0, 0, 0x81, isKnown ? 0x80 : 0x83, 0, 1, 0, isFound ? 1 : 0, 0, 0, 0, 0]);
  query.copy(header, 0, 0, 2);
  // A pointer to the name in the question, type, class, a minute to live, and four bytes of address.
  const record = [0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, ...answer.split('.').map(Number)];
  return Buffer.concat([header, question, Buffer.from(isFound ? record : [])]);
}
